"""The judge's process: trusted code that runs the tests, and reads what an untrusted process sends."""
