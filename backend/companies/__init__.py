"""Companies that buy, their locations and members, staff and reps, sign-in and sessions."""
