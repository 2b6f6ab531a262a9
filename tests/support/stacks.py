#!/usr/bin/env python3
"""Random images, and what umoci makes of them.

    stacks.py FOLDER SEED COUNT STACKS

writes COUNT images into the OCI layout FOLDER/layout, each of STACKS stacks of layers side by side (s0/, s1/ …; one stack
is the image's root itself), has umoci unpack them one by one, and prints what evidence the unpacked trees show:

    IMAGE <tab> real path <tab> package, in any order; a line "IMAGE <tab> refused" if umoci refuses the image

Entries are of all kinds that have to do with each other: files, directories, symlinks, hard links, whiteouts, opaque
directories, replacements, all of them through links too. What a container engine refuses (an entry below a file, a hard
link to nothing) is kept out by a model of the tree, so that a refusal is rare.
"""
import gc
import hashlib
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

OCI = "application/vnd.oci.image."
NAMES = ["a", "b", "c.dist-info", "METADATA", "d.egg-info"]
ROOT_NAMES = NAMES + ["var", "lib", "dpkg", "status", "status.d"]
FOLDERS = ["", "a", "b", "a/b", "a/c.dist-info", "c.dist-info"]
ROOT_FOLDERS = FOLDERS + ["var/lib/dpkg", "var/lib/dpkg/status.d", "var/lib", "var"]
KINDS = ["file", "dir", "link", "hard", "whiteout", "opaque"]
WEIGHTS = [36, 48, 68, 80, 92, 100]  # of each kind and those before it


def parts_of(path):
    """The last one comes first."""
    return [part for part in reversed(path.split("/")) if part not in ("", ".")]


def join(folder, name):
    return folder + "/" + name if folder else name


def top_of(path):
    return path.partition("/")[0]


class Tree:
    """The paths of an image: {path: ("file", bytes) | ("link", target) | ("dir",)}."""

    def __init__(self):
        self.at = {"": ("dir",)}
        self.tops = {}  # the same paths by their first names, for a hundred stacks have thousands

    def beside(self, path):
        """The paths with the first name of `path`; all but the root where that is empty."""
        return self.tops.get(top_of(path), ()) if path else [p for p in self.at if p]

    def set(self, path, what):
        self.at[path] = what
        self.tops.setdefault(top_of(path), set()).add(path)

    def resolve(self, path, last=True):
        """The path without links; None if there are too many, or it leads through a file."""
        done, rest, links = "", parts_of(path), 0
        while rest:
            part = rest.pop()
            if part == "..":
                done = done.rpartition("/")[0]
                continue
            here = done + "/" + part if done else part
            what = self.at.get(here)
            if what and what[0] == "link" and (rest or last):
                links += 1
                if links > 40:
                    return None
                rest += parts_of(what[1])
                if what[1].startswith("/"):
                    done = ""
                continue
            if what and what[0] == "file" and rest:
                return None
            done = here
        return done

    def place(self, path):
        """Where an entry lies: its folder resolved, its name not. None if that cannot be."""
        folder, _, name = path.rpartition("/")
        real = self.resolve(folder)
        if real is None or self.at.get(real, ("dir",))[0] == "file":
            return None
        return join(real, name)

    def remove(self, path):
        beside = self.beside(path)
        for other in [p for p in beside if p == path or p.startswith(path + "/")]:
            del self.at[other]
            beside.discard(other)

    def put(self, place, what):
        if what[0] != "dir" or self.at.get(place, ("dir",))[0] != "dir":
            self.remove(place)
        folder = place.rpartition("/")[0]
        while folder and folder not in self.at:
            self.set(folder, ("dir",))
            folder = folder.rpartition("/")[0]
        self.set(place, what)


class Image:
    """Stacks of layers side by side, in one tree: what a link that climbs too far meets is there in both."""

    def __init__(self, rng, stacks):
        self.rng, self.tree, self.counter = rng, Tree(), 0
        self.tops = ["s%d" % i for i in range(stacks)] if stacks > 1 else [""]
        self.folders, self.names = (FOLDERS, NAMES) if stacks > 1 else (ROOT_FOLDERS, ROOT_NAMES)
        self.layers = [self.layer() for _ in range(rng.randint(2, 4))]

    def layer(self):
        entries, touched = [], set()
        for top in self.tops:
            for _ in range(self.rng.randint(1, 7)):
                entry = self.entry(top, touched)
                if entry:
                    entries.append(entry)
        return entries

    def path(self, top):
        known = sorted(p for p in self.tree.beside(top) if p != top) if self.rng.random() < 0.4 else []
        if known:
            path = self.rng.choice(known)
            if self.rng.random() < 0.5:
                return path
            return join(path, self.rng.choice(self.names))
        folder = self.rng.choice(self.folders)
        if self.rng.random() < 0.2:
            folder = join(folder, self.rng.choice(self.names))
        return join(top, join(folder, self.rng.choice(self.names)))

    def target(self, top, path):
        target = self.path(top) if self.rng.random() < 0.8 else join(top, self.rng.choice(self.folders))
        if self.rng.random() < 0.4:
            return "/" + target
        return "/".join([".."] * path.count("/") + [target]) or "."

    def entry(self, top, touched):
        """One entry as (name, type, link or bytes), after it was made in the tree; or None."""
        kind = self.rng.choices(KINDS, cum_weights=WEIGHTS)[0]
        path = self.path(top)
        place = self.tree.place(path)
        if place in (None, "", top):
            return None
        if kind in ("whiteout", "opaque"):
            return self.whiteout(path, kind == "opaque", place, touched)
        if kind == "hard":
            target = self.hard_link(top, place)
            what = self.tree.at[target] if target else None
        elif kind == "link":
            target = self.target(top, path)
            what = ("link", target)
        elif kind == "dir":
            target, what = "", ("dir",)
        else:
            target = self.content()
            what = ("file", target)
        if target is None or what[0] != "file" and len(target) > 100:  # there is no room in a header
            return None
        self.tree.put(place, what)
        while place:
            touched.add(place)
            place = place.rpartition("/")[0]
        return path, kind, target

    def content(self):
        self.counter += 1
        name = "p%d" % self.counter
        return ("Metadata-Version: 2.1\nName: %s\nVersion: 1\nPackage: %s\nStatus: install ok installed\n"
                "Architecture: all\n" % (name, name)).encode()

    def hard_link(self, top, place):
        """To a file or a symlink."""
        files = sorted(p for p in self.tree.beside(top) if p != place and self.tree.at[p][0] != "dir")
        target = self.rng.choice(files) if files else None
        return None if not target or target.startswith(place + "/") else target

    def whiteout(self, path, opaque, place, touched):
        """As umoci does it: what this layer has laid stays, and so do the folders that it lies in."""
        real = self.tree.resolve(path) if opaque else place
        if real in (None, "") or real not in self.tree.at or (opaque and self.tree.at[real] != ("dir",)):
            return None
        for other in sorted(p for p in self.tree.beside(real) if p == real or p.startswith(real + "/")):
            if other not in touched and not (opaque and other == real):
                self.tree.remove(other)
        folder, _, name = path.rpartition("/")
        return join(path, ".wh..wh..opq") if opaque else join(folder, ".wh." + name), "file", b""


TYPES = {"file": b"0", "dir": b"5", "link": b"2", "hard": b"1"}


def header(name, kind, link, size):
    """As tarfile makes it (ustar), in a tenth of the time."""
    prefix = b""
    if len(name) > 100:
        at = name.index(b"/", len(name) - 101)
        prefix, name = name[:at], name[at + 1:]
    block = struct.pack("100s8s8s8s12s12s8sc100s8s32s32s8s8s155s12x", name, b"0000755", b"0000000", b"0000000", b"%011o" % size,
                        b"00000000000", b"        ", TYPES[kind], link, b"ustar\x0000", b"", b"", b"", b"", prefix)
    return block[:148] + b"%06o\0" % sum(block) + block[155:]


def tar(entries):
    pieces = []
    for name, kind, content in entries:
        data = content if kind == "file" else b""
        link = content.encode() if kind in ("link", "hard") else b""
        name += "/" if kind == "dir" else ""
        pieces += [header(name.encode(), kind, link, len(data)), data, bytes(-len(data) % 512)]
    return b"".join(pieces) + bytes(1024)


class Layout:
    def __init__(self, folder):
        self.folder, self.manifests = folder, []
        os.makedirs(folder + "/blobs/sha256")

    def blob(self, data, kind):
        digest = hashlib.sha256(data).hexdigest()
        with open(self.folder + "/blobs/sha256/" + digest, "wb") as file:
            file.write(data)
        return {"mediaType": OCI + kind, "digest": "sha256:" + digest, "size": len(data)}

    def add(self, tag, tars):
        layers = [self.blob(t, "layer.v1.tar") for t in tars]
        config = {"architecture": "amd64", "os": "linux", "config": {},
                  "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]}}
        manifest = {"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json", "layers": layers,
                    "config": self.blob(json.dumps(config).encode(), "config.v1+json")}
        entry = self.blob(json.dumps(manifest).encode(), "manifest.v1+json")
        entry["annotations"] = {"org.opencontainers.image.ref.name": tag}
        self.manifests.append(entry)

    def finish(self):
        with open(self.folder + "/oci-layout", "w") as file:
            file.write('{"imageLayoutVersion":"1.0.0"}')
        with open(self.folder + "/index.json", "w") as file:
            json.dump({"schemaVersion": 2, "manifests": self.manifests}, file)


def read_tree(root):
    """Of a file its path on the disk instead of its bytes."""
    tree, folders = Tree(), [""]
    while folders:
        folder = folders.pop()
        with os.scandir(join(root, folder)) as entries:
            for entry in entries:
                inside = join(folder, entry.name)
                if entry.is_symlink():
                    tree.at[inside] = ("link", os.readlink(entry.path))
                elif entry.is_dir():
                    tree.at[inside] = ("dir",)
                    folders.append(inside)
                else:
                    tree.at[inside] = ("file", entry.path)
    return tree


def evidence(tree):
    """{(real path, package)} of what tarsier's readers of dpkg and Python want."""
    wanted = ["var/lib/dpkg/status"]
    for path in tree.at:
        name = path.rpartition("/")[2]
        if name.endswith(".egg-info"):
            wanted += [path, path + "/METADATA", path + "/PKG-INFO"]
        if name.endswith(".dist-info"):
            wanted.append(path + "/METADATA")
    folder = tree.resolve("var/lib/dpkg/status.d")
    if folder is not None:
        wanted += [p for p in tree.at if p.rpartition("/")[0] == folder]
    found = set()
    for real in {tree.resolve(path) for path in wanted}:
        what = tree.at.get(real) if real else None
        if what and what[0] == "file" and os.path.getsize(what[1]):
            with open(what[1]) as file:
                found.add((real, file.read().split("\n")[1][6:]))
    return found


def main():
    folder, seed, count, stacks = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    rng, layout = random.Random(seed), Layout(folder + "/layout")
    for i in range(count):
        layout.add("t%d" % i, [tar(entries) for entries in Image(rng, stacks).layers])
    layout.finish()
    memory = tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else folder)  # the disk would take most of the time
    quick = dict(os.environ, GOGC="off")  # it ends before there is much garbage
    how = ["--rootless"] if os.geteuid() else []
    for i in range(count):
        root = "%s/%d" % (memory, i)
        done = subprocess.run(["umoci", "raw", "unpack", *how, "--image", "%s:t%d" % (layout.folder, i), root],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=quick)
        if done.returncode:
            print("t%d\trefused\t%s" % (i, done.stdout.decode().strip().replace("\n", " ")[-200:]))
        else:
            for path, package in evidence(read_tree(root)):
                print("t%d\t%s\t%s" % (i, path, package))
    subprocess.run(["chmod", "-R", "u+rwx", memory], stderr=subprocess.DEVNULL)
    subprocess.run(["rm", "-rf", memory])


gc.disable()  # it ends before there is much garbage
main()
