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
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile

OCI = "application/vnd.oci.image."
NAMES = ["a", "b", "c.dist-info", "METADATA", "d.egg-info"]
ROOT_NAMES = NAMES + ["var", "lib", "dpkg", "status", "status.d"]
FOLDERS = ["", "a", "b", "a/b", "a/c.dist-info", "c.dist-info"]
ROOT_FOLDERS = FOLDERS + ["var/lib/dpkg", "var/lib/dpkg/status.d", "var/lib", "var"]


def clean(path):
    parts = []
    for part in path.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


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
        done, rest, links = "", path.split("/"), 0
        while rest:
            part = rest.pop(0)
            if part in ("", "."):
                continue
            if part == "..":
                done = done.rpartition("/")[0]
                continue
            here = join(done, part)
            what = self.at.get(here)
            more = any(r not in ("", ".") for r in rest)
            if what and what[0] == "link" and (more or last):
                links += 1
                if links > 40:
                    return None
                rest = what[1].split("/") + rest
                if what[1].startswith("/"):
                    done = ""
                continue
            if what and what[0] == "file" and more:
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
        known = sorted(p for p in self.tree.beside(top) if p != top)
        if self.rng.random() < 0.4 and known:
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
        kind = self.rng.choices(["file", "dir", "link", "hard", "whiteout", "opaque"], [36, 12, 20, 12, 12, 8])[0]
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


TYPES = {"file": tarfile.REGTYPE, "dir": tarfile.DIRTYPE, "link": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE}


def tar(entries):
    """tarfile's own way takes twice the time, for it copies each entry and looks whether it needs a pax header."""
    pieces = []
    for name, kind, content in entries:
        info = tarfile.TarInfo(name)
        info.type, info.mode = TYPES[kind], 0o755
        data = content if kind == "file" else b""
        if kind in ("link", "hard"):
            info.linkname = content
        info.size = len(data)
        pieces += [info.tobuf(tarfile.USTAR_FORMAT), data, bytes(-len(data) % 512)]
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
    tree = Tree()
    for folder, names, files in os.walk(root):
        for name in names + files:
            path = os.path.join(folder, name)
            inside = path[len(root) + 1:]
            if os.path.islink(path):
                tree.set(inside, ("link", os.readlink(path)))
            elif os.path.isdir(path):
                tree.set(inside, ("dir",))
            else:
                with open(path, "rb") as file:
                    tree.set(inside, ("file", file.read()))
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
    for path in wanted:
        real = tree.resolve(path)
        what = tree.at.get(real) if real else None
        if what and what[0] == "file" and what[1]:
            found.add((real, what[1].decode().split("\n")[1][6:]))
    return found


def main():
    folder, seed, count, stacks = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    rng, layout = random.Random(seed), Layout(folder + "/layout")
    for i in range(count):
        layout.add("t%d" % i, [tar(entries) for entries in Image(rng, stacks).layers])
    layout.finish()
    memory = tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else folder)  # the disk would take most of the time
    for i in range(count):
        root = memory + "/root"
        done = subprocess.run(["umoci", "raw", "unpack", "--rootless", "--image", "%s:t%d" % (layout.folder, i), root],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            print("t%d\trefused\t%s" % (i, done.stdout.decode().strip().replace("\n", " ")[-200:]))
        else:
            for path, package in evidence(read_tree(root)):
                print("t%d\t%s\t%s" % (i, path, package))
        subprocess.run(["chmod", "-R", "u+rwx", root], stderr=subprocess.DEVNULL)
        shutil.rmtree(root, ignore_errors=True)
    os.rmdir(memory)


main()
