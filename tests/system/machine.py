# SPDX-License-Identifier: LGPL-2.1-or-later
"""A throw-away machine with a real systemd as PID 1, in a container.

A minimal root of each Debian release is made once by debootstrap and kept in /var/cache/dbd-tests; each Machine boots
a copy of it. Beside it lies a second one with a compiler, for packages of a release that is not the host's: libraries
have other names there, and systemd other abilities. The container gets a cgroup of its own (two that share cgroup names disturb each other)
and the unified hierarchy. It is entered with nsenter, so nothing has to run inside for the tests' sake.
"""
import contextlib
import fcntl
import json
import os
import pathlib
import shutil
import subprocess
import urllib.request

from daemon import until

CACHE = pathlib.Path(os.environ.get("DBD_TESTS_CACHE", "/var/cache/dbd-tests"))
MIRROR = "http://deb.debian.org/debian"
CGROUPS = pathlib.Path("/sys/fs/cgroup")
NSPAWN = ["systemd-nspawn", "-q", "--register=no", "--keep-unit", "--resolv-conf=off", "-b"]
ENVIRONMENT = ["env", "-i", "HOME=/root", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive",
               "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]


class CannotBoot(Exception):
    pass


def why_not():
    """Why no container can boot here, or None."""
    if os.geteuid() != 0:
        return "booting a container needs root"
    virt = subprocess.run(["systemd-detect-virt", "--container"], capture_output=True, text=True).stdout.strip()
    if virt in ("systemd-nspawn", "lxc", "lxc-libvirt"):
        return f"this is a container itself ({virt})"
    for program in ("systemd-nspawn", "debootstrap", "nsenter", "unshare"):
        if not shutil.which(program):
            return f"{program} is not installed"
    if not any(os.access(h, os.W_OK) for h in hierarchies()):
        return "cgroups cannot be made here"
    return None


def hierarchies():
    split = [CGROUPS / name for name in ("systemd", "unified") if (CGROUPS / name).is_dir()]
    return split or [CGROUPS]


def release():
    with open("/etc/os-release") as f:
        return dict(line.strip().split("=", 1) for line in f if "=" in line).get("VERSION_CODENAME", "").strip('"')


def depends(deb):
    """Names of the packages that a .deb needs."""
    text = subprocess.run(["dpkg-deb", "-f", str(deb), "Depends", "Pre-Depends"], check=True, capture_output=True, text=True).stdout
    return sorted({part.split(":", 1)[-1].split("|")[0].split("(")[0].strip() for line in text.splitlines() for part in
                   ((line.split(":", 1)[1] if line.startswith(("Depends", "Pre-Depends")) else line).split(","))} - {""})


@contextlib.contextmanager
def locked():
    """Several runs share the cache."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def inside(root, *command, seconds=600):
    """Runs a command in a root that is not booted, with a /proc; what it started ends with it."""
    argv = ["unshare", "--mount", "--pid", "--fork", "--kill-child", f"--mount-proc={root}/proc", "chroot", str(root), *ENVIRONMENT, *command]
    return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=seconds, stdin=subprocess.DEVNULL)


def furnished(name, wanted, make, install):
    """A cached root, made if need be, in which install(root, missing) has put what is wanted."""
    root, stamp = CACHE / name, CACHE / f"{name}.json"
    if not stamp.exists():
        shutil.rmtree(root, ignore_errors=True)
        made = make(root)
        if made.returncode:
            raise CannotBoot(f"no root of {name} can be made here:\n{made.stdout[-2000:]}")
        stamp.write_text("[]")
    have = json.loads(stamp.read_text())
    if missing := sorted(set(wanted) - set(have)):
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
        for command in (["apt-get", "update", "-qq"], install(root, missing)):
            done = inside(root, *command)
            if done.returncode:
                raise CannotBoot(f"{' '.join(command)} failed in the root of {name}:\n{done.stdout[-2000:]}")
        stamp.write_text(json.dumps(sorted(set(have) | set(missing))))
    return root


def bootstrap(suite, root):
    try:
        urllib.request.urlopen(f"{MIRROR}/dists/{suite}/InRelease", timeout=30).close()  # debootstrap would try for very long
    except OSError as e:
        raise CannotBoot(f"no root of {suite} can be made here: {MIRROR}: {e}") from None
    made = subprocess.run(["debootstrap", "--variant=minbase", "--include=systemd,systemd-sysv,dbus,ca-certificates,curl,sqlite3", suite, str(root), MIRROR],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL)
    if made.returncode == 0:
        for f in pathlib.Path("/etc/apt/apt.conf.d").glob("99*"):
            shutil.copy(f, root / "etc/apt/apt.conf.d")
        (root / "etc/machine-id").write_text("")
        # A root that can be made again needs no syncing.
        (root / "etc/dpkg/dpkg.cfg.d/unsafe-io").write_text("force-unsafe-io\n")
    return made


def base_root(suite, packages):
    """The minimal root of a suite with these packages in it."""
    with locked():
        return furnished(suite, packages, lambda root: bootstrap(suite, root),
                         lambda root, missing: ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *missing])


def build_root(suite, control):
    """Its twin with what a Debian control file needs for building."""
    def install(root, missing):
        debian = root / "root/needs/debian"
        debian.mkdir(parents=True, exist_ok=True)
        shutil.copy(control, debian)
        return ["apt-get", "build-dep", "-qq", "-y", "--no-install-recommends", "/root/needs"]

    def copy(root):
        return subprocess.run(["cp", "-a", "--reflink=auto", str(CACHE / suite), str(root)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    needs = control.read_text().split("Build-Depends:", 1)[1].split("\nStandards-Version", 1)[0].split()
    with locked():
        furnished(suite, [], lambda root: bootstrap(suite, root), None)
        return furnished(f"{suite}-build", [" ".join(needs)], copy, install)


def built(suite, source, target):
    """The package of a source tree, built in a suite's own root and put into the folder `target`."""
    root = build_root(suite, source / "packaging/debian/control")
    place = root / f"root/dbd-{os.getpid()}"
    try:
        subprocess.run([str(source / "packaging/copy-tree"), str(place / "source")], check=True)
        done = inside(root, "DEB_BUILD_OPTIONS=nocheck parallel=2", f"/{place.relative_to(root)}/source/packaging/build-deb", f"/{place.relative_to(root)}/out")
        assert done.returncode == 0, f"the package cannot be built on {suite}:\n{done.stdout[-4000:]}"
        return pathlib.Path(shutil.copy(next((place / "out").glob("dbd_*.deb")), target))
    finally:
        shutil.rmtree(place, ignore_errors=True)


class Failed(AssertionError):
    pass


class Machine:
    def __init__(self, base):
        self.name = f"dbd-test-{os.getpid()}"
        self.root = CACHE / self.name
        self.cgroups = [h / self.name for h in hierarchies()]
        self.log = CACHE / f"{self.name}.log"
        subprocess.run(["cp", "-a", "--reflink=auto", str(base), str(self.root)], check=True)
        self.process = self.pid = None
        try:
            self.boot()
        except BaseException:
            self.end()
            raise

    def boot(self):
        for c in self.cgroups:
            c.mkdir(exist_ok=True)
        # The shell moves itself before it turns into nspawn.
        script = "for c do shift; [ \"$c\" = -- ] && break; echo $$ >\"$c/cgroup.procs\" || exit 1; done; exec \"$@\""
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(["sh", "-c", script, "sh", *map(str, self.cgroups), "--", *NSPAWN, "-D", str(self.root), "-M", self.name],
                                            env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self.pid = until(self.init, 30)
            until(lambda: self.try_("systemctl is-active -q multi-user.target").returncode == 0, 60)
        except AssertionError as e:
            raise CannotBoot(f"the container does not come up ({e}):\n{self.log.read_text(errors='replace')[-2000:]}") from None

    def init(self):
        """The process id of the container's PID 1 as seen from here."""
        if self.process.poll() is not None:
            raise AssertionError("systemd-nspawn ended")
        for p in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                name, fields = (p / "stat").read_text().rsplit(")", 1)
            except OSError:
                continue
            if int(fields.split()[1]) == self.process.pid and name.endswith("(systemd"):
                return int(p.name)
        return None

    def argv(self, command):
        return ["nsenter", "-t", str(self.pid), "-a", *ENVIRONMENT, "sh", "-c", "cd / && " + command]

    def try_(self, command, seconds=60, input=None):
        return subprocess.run(self.argv(command), capture_output=True, text=True, errors="replace", timeout=seconds, input=input,
                              stdin=subprocess.DEVNULL if input is None else None)

    def __call__(self, command, seconds=60, input=None):
        """Runs a shell command as root inside; its output, or Failed."""
        p = self.try_(command, seconds, input)
        if p.returncode:
            raise Failed(f"{command!r} ended with {p.returncode}:\n{p.stdout[-3000:]}{p.stderr[-3000:]}")
        return p.stdout

    def start(self, command):
        """Runs a shell command beside the test."""
        return subprocess.Popen(self.argv(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")

    def put(self, path, text, mode=0o644):
        self(f"mkdir -p '{os.path.dirname(path)}' && cat >'{path}' && chmod {mode:o} '{path}'", input=text)

    def copy(self, source, path):
        """A file of the host's, into a place that is not a mount of the container's own (/run and /tmp may be)."""
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)

    def show(self, unit, name):
        return self(f"systemctl show -P {name} {unit}").strip()

    def journal(self, options=""):
        return self(f"journalctl --no-pager -o cat {options}")

    def end(self):
        if self.pid and self.process.poll() is None:
            self.try_("systemctl poweroff")
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                pass
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        subprocess.run(["rm", "-rf", str(self.root), str(self.log)], check=False)
        for c in self.cgroups:
            for inner in sorted(c.glob("**/"), key=lambda p: -len(p.parts)) if c.is_dir() else []:
                try:
                    inner.rmdir()
                except OSError:
                    pass
