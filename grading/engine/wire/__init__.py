"""What crosses between the learner's process and the judge: frames, plain values, references, calls on several lanes.

Both children import it. The bytes that it reads may be hostile: they are decoded into plain data of known types only,
never unpickled, and no name that comes in is ever imported or called.
"""
