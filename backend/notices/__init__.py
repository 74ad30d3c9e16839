"""What people are told by mail: written from events, kept as rows, sent by the worker. Only ever reacts; no room below knows of it."""
