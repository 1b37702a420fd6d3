"""Become another program, tied to the life of the one that asked: run as a script, standard library only.

    python -I launch.py PARENT DEATH_SIGNAL ROUTE FOLDER -- PROGRAM ARGUMENT...

It stands between fork and exec so that the supervisor, which has threads, runs no Python code there. On Linux the
program gets DEATH_SIGNAL when PARENT dies, however it dies. ROUTE says how root gives its identity up for a server
that refuses to run as root: `plain` not at all, `namespace` in a user namespace where root is called nobody,
`ambient` as nobody, with the two capabilities that let it reach its folder. FOLDER must be writable afterwards.
"""

import ctypes
import os
import signal
import sys

NOBODY = 65534
CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
CAPABILITY_VERSION_3 = 0x20080522
ROUTE_CLOSED = 97


def main(arguments: list[str]) -> None:
    parent, death_signal, route, folder, _, *command = arguments
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    try:
        ROUTES[route]()
    except OSError as error:
        sys.exit(closed(route, error))
    if route != "plain" and not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
        sys.exit(closed(route, f"{folder} is out of its reach"))
    tie_to(int(parent), int(death_signal))
    os.execv(command[0], command)  # noqa: S606  an exec without a shell is the point


def closed(route: str, why: object) -> int:
    sys.stderr.write(f"The {route} route is closed: {why}\n")
    return ROUTE_CLOSED


def tie_to(parent: int, death_signal: int) -> None:
    """Last before exec, for a change of identity unties; a parent that died meanwhile sent nothing, so look."""
    if sys.platform != "linux":
        return
    call(ctypes.CDLL(None, use_errno=True).prctl, PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:
        sys.exit("The process that started this one is gone.")


def enter_namespace() -> None:
    call(ctypes.CDLL(None, use_errno=True).unshare, CLONE_NEWUSER)
    write("/proc/self/setgroups", "deny")
    write("/proc/self/uid_map", f"{NOBODY} 0 1")
    write("/proc/self/gid_map", f"{NOBODY} 0 1")


def drop_to_nobody() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    call(libc.prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    bits = 1 << CAP_DAC_OVERRIDE | 1 << CAP_DAC_READ_SEARCH
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(bits, bits, bits, 0, 0, 0)  # effective, permitted, inheritable; low words, then high
    call(libc.capset, header, sets)
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        call(libc.prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)


def stay() -> None:
    return


ROUTES = {"plain": stay, "namespace": enter_namespace, "ambient": drop_to_nobody}


def call(function: "ctypes._NamedFuncPointer", *arguments: object) -> None:
    if function(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
