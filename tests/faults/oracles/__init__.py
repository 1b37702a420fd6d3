"""What must hold after any run with faults: each oracle gives the violations that it finds, in words.

They are pure functions over what Lintel stored, what the fake provider saw, and what clients were told.
"""
