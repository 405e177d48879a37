"""What can be asked for, a module for each thing. One that has the name of a kind browses its rows."""
