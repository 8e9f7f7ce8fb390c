"""Trusted code that reads hostile data: runs the author's given and test cells, and asks the learner's process.

It never unpickles, never imports a file of the work folder, and never takes a callable from the learner.
"""
