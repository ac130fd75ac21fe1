# SPDX-License-Identifier: MIT
"""Measures tamalloc's statistics and their peers; see run."""
import os, pty, resource, shutil, signal, statistics, subprocess, sys, tempfile, time
import urllib.request

tamalloc, floor, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
null = subprocess.DEVNULL


def cost(command, runs):
    """The median processor time of a command in ms, and its median duration."""
    processor, wall = [], []
    for _ in range(runs):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run(command, stdout=null, stderr=null, check=False)
        wall.append((time.monotonic() - start) * 1e3)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor.append(
            (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3)
    return statistics.median(processor), statistics.median(wall)


def live(command, seconds):
    """Processor time in ms for each second of a live view on a terminal of 120 by 40."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execvp(command[0], command)
    import fcntl, struct, termios, threading
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))

    def drain():
        try:
            while os.read(terminal, 65536):
                pass
        except OSError:
            pass

    threading.Thread(target=drain, daemon=True).start()

    def used():
        with open(f"/proc/{pid}/schedstat") as file:
            return int(file.read().split()[0]) / 1e6

    time.sleep(3)
    before = used()
    time.sleep(seconds)
    result = (used() - before) / seconds
    os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)
    return result


def installed(command):
    return shutil.which(command[0]) is not None


nobody = tempfile.mkdtemp()
crowd = [subprocess.Popen(["sleep", "3600"]) for _ in range(count)]
try:
    time.sleep(1)
    processes = sum(name.isdigit() for name in os.listdir("/proc"))
    load = os.getloadavg()[0]
    print(f"Linux {os.uname().release}, {os.cpu_count()} processors, load {load:.1f} before, "
          f"{processes} processes\n")
    print(f"{'all processes once':34} {'ms':>8} {'wall ms':>8} {'µs/process':>11} {'wall':>7}"
          f" {'of floor':>9} {'wall':>6}")
    # What each of them costs before it looks at the first process is subtracted: the same command on an
    # empty folder. ps looks at all processes whichever it is asked for.
    def stat(*options):
        return [tamalloc, "stat", *options], [tamalloc, "stat", *options, "--fixture", nobody]

    def ps(columns):
        return ["ps", "-eo", columns], ["ps", "--version"]

    rows = [
        ("tamalloc --version", [tamalloc, "--version"], None, 40),
        ("tamalloc stat, of no process", stat()[1], None, 40),
        ("floor: two files in C", [floor], [floor, "none"], 20),
        ("tamalloc stat", *stat(), 20),
        ("tamalloc stat --json", *stat("--json"), 20),
        ("tamalloc stat --total", *stat("--total"), 20),
        ("tamalloc stat --pss", *stat("--pss"), 5),
        ("ps -eo pid,vsz,rss", *ps("pid,vsz,rss"), 20),
        ("ps -eo pid,vsz,rss,pss", *ps("pid,vsz,rss,pss"), 5),
        ("smem", ["smem"], ["smem", "--help"], 3),
    ]
    for name, command, empty, runs in rows:
        if not installed(command):
            print(f"{name:34} not installed")
            continue
        processor, wall = cost(command, runs)
        each = ""
        if empty:
            start = cost(empty, max(runs, 5))
            each = (f"{(processor - start[0]) * 1e3 / processes:11.1f}"
                    f" {(wall - start[1]) * 1e3 / processes:7.1f}")
            if name.startswith("floor"):
                limit = [processor - start[0], wall - start[1]]
            else:
                each += (f" {(processor - start[0]) / limit[0]:9.2f}"
                         f" {(wall - start[1]) / limit[1]:6.2f}")
        print(f"{name:34} {processor:8.1f} {wall:8.1f} {each}")
    print(f"\n{'live, once a second':34} {'ms of processor a second':>24}")
    for command in ([tamalloc, "top"], ["top", "-d", "1"], ["htop", "-d", "10"]):
        name = " ".join([os.path.basename(command[0])] + command[1:])
        if installed(command):
            print(f"{name:34} {live(command, 15):24.1f}")
        else:
            print(f"{name:34} not installed")
    exporter = subprocess.Popen(
        [tamalloc, "export", "--web.listen-address", "127.0.0.1:0"], stderr=subprocess.PIPE,
        text=True)
    address = exporter.stderr.readline().split()[1]
    times = []
    for _ in range(12):
        time.sleep(1.1)
        start = time.monotonic()
        urllib.request.urlopen(address).read()
        times.append((time.monotonic() - start) * 1e3)
    exporter.terminate()
    exporter.wait()
    print(f"\n{'one scrape, the first':34} {times[0]:8.1f} ms")
    print(f"{'one scrape, median of the others':34} {statistics.median(times[1:]):8.1f} ms")
    print(f"\nload {os.getloadavg()[0]:.1f} when done")
finally:
    os.rmdir(nobody)
    for process in crowd:
        process.kill()
    for process in crowd:
        process.wait()
