"""Who `load_demo` makes. Known where it is not: a deployment is told of people whose password is their name."""

GUEST = "demo"  # takes part in the sample history
SUPERUSER = "admin"
PEOPLE = (GUEST, SUPERUSER, "alice", "bob", "mallory")
