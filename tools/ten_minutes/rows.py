"""Runs the rows of the ten-minute script in order, one line each, and says at the end which of them failed.

The numbers are those of the product design's script. A row is a function that takes the stage and answers a few words
worth seeing beside "ok"; what it finds wrong is an AssertionError.
"""

import fcntl
import os
import shutil
import socket
import struct
import sys
import time
import traceback

import newcomer
import operator_rows
from stage import WORK, Stage

ROWS = [
    (1, "help", newcomer.help_and_settings),
    (2, "demo", newcomer.demo_starts),
    (6, "docs in a browser", newcomer.docs),
    (7, "printed curl", newcomer.printed_curl),
    (8, "three mistakes", newcomer.three_mistakes),
    (9, "postman, twice", newcomer.postman),
    (10, "typescript", newcomer.typescript),
    (11, "page of :5173", newcomer.another_origin),
    (12, "import", operator_rows.imports),
    (13, "import again", operator_rows.import_again),
    (14, "kill -9", operator_rows.killed),
    (16, "config show", operator_rows.settings),
    (17, "no secret", operator_rows.secrets),
    (21, "log", operator_rows.log),
    (22, "Ctrl-C", operator_rows.stop),
]


def loopback_up():
    """A new network namespace begins with loopback down."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("16sh", b"lo", 0x1 | 0x40)  # IFF_UP | IFF_RUNNING
        fcntl.ioctl(probe, 0x8914, request)  # SIOCSIFFLAGS


def network_is_cut():
    with open("/proc/net/route", encoding="ascii") as routes:
        lines = routes.read().splitlines()[1:]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 53))
        except OSError:
            return not lines
    return False


def main():
    wanted = [int(number) for number in sys.argv[1:]]
    unknown = [number for number in wanted if number not in [row[0] for row in ROWS]]
    if unknown:
        print(f"no row {unknown[0]}; there are: {', '.join(str(row[0]) for row in ROWS)}", file=sys.stderr)
        return 2
    if os.environ.get("HELLER_ALLOW_NETWORK") != "1":
        loopback_up()
        if not network_is_cut():
            print("the network is not cut", file=sys.stderr)
            return 1
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    failed, begun = [], time.monotonic()
    with Stage() as stage:
        for number, name, row in ROWS:
            if not wanted or number in wanted:
                failed += [] if perform(stage, number, name, row) else [number]
    print(f"{len(wanted or ROWS) - len(failed)} of {len(wanted or ROWS)} rows in {time.monotonic() - begun:.1f} s")
    if failed:
        print(f"failed: {', '.join(map(str, failed))}; what was seen is in {WORK.relative_to(WORK.parents[2])}")
    return 1 if failed else 0


def perform(stage, number, name, row):
    stage.begin(number)
    begun = time.monotonic()
    try:
        said, state = row(stage) or "", "ok"
    except Exception:  # a row that breaks in any way has failed; the next ones are run all the same
        said, state = "", "FAILED"
        stage.note(traceback.format_exc())
    print(f"row {number:02}  {name:<18} {state:<6} {time.monotonic() - begun:5.1f} s  {said}".rstrip(), flush=True)
    if state == "FAILED":
        print("".join(f"    {line}\n" for line in stage.noted().splitlines()[-40:]), end="", flush=True)
    return state == "ok"


if __name__ == "__main__":
    sys.exit(main())
