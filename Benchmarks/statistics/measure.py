# SPDX-License-Identifier: MIT
"""Measures tamalloc's statistics and their peers; see run."""
import json, os, pty, resource, shutil, signal, statistics, subprocess, sys, tempfile, time
import urllib.request

tamalloc, floor, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
as_json = "--json" in sys.argv[4:]
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


def say(line=""):
    if not as_json:
        print(line, flush=True)


def per_process(value, unit=1e3):
    return value * unit / processes


nobody = tempfile.mkdtemp()
crowd = [subprocess.Popen(["sleep", "3600"]) for _ in range(count)]
try:
    time.sleep(1)
    processes = sum(name.isdigit() for name in os.listdir("/proc"))
    record = {"processes": processes, "loadBefore": os.getloadavg()[0], "once": [], "live": []}
    say(f"Linux {os.uname().release}, {os.cpu_count()} processors, load {record['loadBefore']:.1f}"
        f" before, {processes} processes\n")
    say(f"{'all processes once':34} {'ms':>8} {'wall ms':>8} {'µs/process':>11} {'wall':>7}"
        f" {'of floor':>9} {'wall':>6}")
    # What each of them costs before it looks at the first process is subtracted: the same command on an
    # empty folder. ps looks at all processes whichever it is asked for.
    def stat(*options):
        return [tamalloc, "stat", *options], [tamalloc, "stat", *options, "--fixture", nobody]

    def ps(columns):
        return ["ps", "-eo", columns], ["ps", "--version"]

    # A key for what is more than a command line.
    rows = [
        (None, "tamalloc --version", [tamalloc, "--version"], None, 40),
        ("no-process", "tamalloc stat, of no process", stat()[1], None, 40),
        ("floor", "floor: two files in C", [floor], [floor, "none"], 20),
        (None, "tamalloc stat", *stat(), 20),
        (None, "tamalloc stat --json", *stat("--json"), 20),
        (None, "tamalloc stat --total", *stat("--total"), 20),
        (None, "tamalloc stat --pss", *stat("--pss"), 5),
        (None, "ps -eo pid,vsz,rss", *ps("pid,vsz,rss"), 20),
        (None, "ps -eo pid,vsz,rss,pss", *ps("pid,vsz,rss,pss"), 5),
        (None, "smem", ["smem"], ["smem", "--help"], 3),
    ]
    for key, name, command, empty, runs in rows:
        row = {"name": name}
        if key:
            row["key"] = key
        record["once"].append(row)
        if not installed(command):
            say(f"{name:34} not installed")
            continue
        processor, wall = cost(command, runs)
        row.update(milliseconds=processor, wallMilliseconds=wall)
        each = ""
        if empty:
            start = cost(empty, max(runs, 5))
            own, waited = processor - start[0], wall - start[1]
            row.update(microsecondsPerProcess=per_process(own),
                       wallMicrosecondsPerProcess=per_process(waited))
            each = f"{per_process(own):11.1f} {per_process(waited):7.1f}"
            if key == "floor":
                limit = [own, waited]
            else:
                row.update(ofFloor=own / limit[0], wallOfFloor=waited / limit[1])
                each += f" {own / limit[0]:9.2f} {waited / limit[1]:6.2f}"
        say(f"{name:34} {processor:8.1f} {wall:8.1f} {each}")
    say(f"\n{'live, once a second':34} {'ms of processor a second':>24}")
    for command in ([tamalloc, "top"], ["top", "-d", "1"], ["htop", "-d", "10"]):
        name = " ".join([os.path.basename(command[0])] + command[1:])
        row = {"name": name}
        record["live"].append(row)
        if installed(command):
            row["milliseconds"] = live(command, 15)
            say(f"{name:34} {row['milliseconds']:24.1f}")
        else:
            say(f"{name:34} not installed")
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
    record["scrape"] = {"first": times[0], "others": statistics.median(times[1:])}
    say(f"\n{'one scrape, the first':34} {times[0]:8.1f} ms")
    say(f"{'one scrape, median of the others':34} {record['scrape']['others']:8.1f} ms")
    record["loadAfter"] = os.getloadavg()[0]
    say(f"\nload {record['loadAfter']:.1f} when done")
    if as_json:
        print(json.dumps(record, indent=2))
finally:
    os.rmdir(nobody)
    for process in crowd:
        process.kill()
    for process in crowd:
        process.wait()
