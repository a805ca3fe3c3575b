"""The command line: each file parses one command, builds one request or run, and calls one function."""
