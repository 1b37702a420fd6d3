"""What can go wrong with the local stack, each said in one sentence for the person who typed the command.

LocalError
├── ServiceFailed      an embedded server did not come up
├── SetupFailed        the environment or the weights could not be made ready
└── AlreadyRunning     this home's stack is up
"""


class LocalError(Exception):
    """Something that a person can act on; its text is the whole message."""


class ServiceFailed(LocalError):
    """An embedded server did not come up."""


class SetupFailed(LocalError):
    """The environment or the weights could not be made ready."""


class AlreadyRunning(LocalError):
    """Another supervisor holds this home."""
