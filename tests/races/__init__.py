"""What happens when many want the same scarce thing at the same moment; each test beside a control that shows the race is real."""
