"""Runs a program on a terminal of its own, and shows what it writes. When standard input ends, the terminal is closed, as
when somebody closes its window; the last line tells how the program ended; the first one is its process id."""

import os
import pty
import select
import sys

pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])

print(f"process {pid}", flush=True)
open_ends = [0, terminal]
while 0 in open_ends and terminal in open_ends:
    for end in select.select(open_ends, [], [])[0]:
        try:
            data = os.read(end, 4096)
        except OSError:
            data = b""
        if end == terminal:
            os.write(1, data)
        if not data:
            open_ends.remove(end)
os.close(terminal)
_, status = os.waitpid(pid, 0)
print(f"\nended {os.waitstatus_to_exitcode(status)}", flush=True)
