"""What `linesheet` can do, one module for each group of subcommands. Imported only when its subcommand is called."""
