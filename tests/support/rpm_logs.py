# Makes rpm databases with write-ahead logs, and what SQLite reads of them: rpm_logs.py DATABASE FOLDER
#
# Of each case N there are N.db, N.wal, and N.read: a database without a log with the rows that SQLite itself reads. It is
# missing if SQLite fails. Prints a line "N name" a case.
import os, random, shutil, sqlite3, struct, sys

source, folder = sys.argv[1:3]
blobs = [row[0] for row in sqlite3.connect("file:" + source + "?immutable=1", uri=True).execute("SELECT blob FROM Packages")]
random.seed(5)
number = 0


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def checksum(data, a, b, big):
    words = struct.unpack((">" if big else "<") + "%dI" % (len(data) // 4), data)
    for i in range(0, len(words), 2):
        a = (a + words[i] + b) & 0xffffffff
        b = (b + words[i + 1] + a) & 0xffffffff
    return a, b


# The log with checksums anew, in the other byte order.
def other_order(log):
    magic, size = struct.unpack(">I", log[:4])[0] ^ 1, struct.unpack(">I", log[8:12])[0]
    head = struct.pack(">I", magic) + log[4:24]
    a, b = checksum(head, 0, 0, magic & 1)
    out = head + struct.pack(">II", a, b)
    for at in range(32, len(log) - size - 23, size + 24):
        a, b = checksum(log[at:at + 8], a, b, magic & 1)
        a, b = checksum(log[at + 24:at + 24 + size], a, b, magic & 1)
        out += log[at:at + 16] + struct.pack(">II", a, b) + log[at + 24:at + 24 + size]
    return out


# A log with one frame, by which the first page becomes zeros.
def without_first_page(log):
    magic, size = struct.unpack(">I", log[:4])[0], struct.unpack(">I", log[8:12])[0]
    frame, page = struct.pack(">II", 1, 1), bytes(size)
    a, b = checksum(frame, *struct.unpack(">II", log[24:32]), magic & 1)
    a, b = checksum(page, a, b, magic & 1)
    return log[:32] + frame + log[16:24] + struct.pack(">II", a, b) + page


def case(name, database, log):
    global number
    number += 1
    base = "%s/%d" % (folder, number)
    write(base + ".db", database)
    write(base + ".wal", log)
    write(base + ".try", database)
    write(base + ".try-wal", log)
    try:
        tried = sqlite3.connect(base + ".try")
        tried.execute("PRAGMA synchronous = OFF")
        rows = tried.execute("SELECT blob FROM Packages").fetchall()
        plain = sqlite3.connect(base + ".read")
        plain.execute("PRAGMA synchronous = OFF")
        plain.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)")
        plain.executemany("INSERT INTO Packages (blob) VALUES (?)", rows)
        plain.commit()
        plain.close()
    except sqlite3.DatabaseError:
        pass
    print(number, name)


# Runs the steps, and returns the two files as a killed process leaves them.
def left(page_size, *steps):
    path = folder + "/work.db"
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(path + suffix):
            os.remove(path + suffix)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA page_size = %d" % page_size)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA wal_autocheckpoint = 0")
    db.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
    for step in steps:
        step(db)
    return read(path), read(path + "-wal")


def insert(*which):
    return lambda db: [db.execute("INSERT INTO Packages (blob) VALUES (?)", (blobs[i % len(blobs)],)) for i in which]


def sql(text):
    return lambda db: db.execute(text).fetchall()


checkpoint = sql("PRAGMA wal_checkpoint(TRUNCATE)")
restart = sql("PRAGMA wal_checkpoint(RESTART)")
for page_size in 512, 1024, 4096, 65536:
    some = left(page_size, insert(0), checkpoint, insert(1, 2))
    case("pages of %d" % page_size, *some)
    case("pages of %d, big-endian checksums" % page_size, some[0], other_order(some[1]))
some = left(1024, insert(0, 1, 2), checkpoint, sql("DELETE FROM Packages WHERE hnum = 2"), insert(3))
case("a package removed, another installed", *some)
case("everything in the log", *left(1024, insert(0, 1)))
open_one = left(512, insert(0), checkpoint, insert(1), sql("PRAGMA cache_size = 2"), sql("BEGIN"), insert(*range(2, 60)))
case("a transaction that did not end", *open_one)
case("an old log behind a new one", *left(512, insert(0, 1, 2, 3), restart, insert(1)))
case("fewer pages", *left(512, insert(*range(12)), checkpoint, sql("DELETE FROM Packages WHERE hnum > 2"), sql("VACUUM")))
case("nothing committed", some[0], some[1][:32])
case("empty", some[0], b"")
case("another file's log", left(1024, insert(3))[0], some[1])
case("no magic", some[0], b"\0" + some[1][1:])
case("a version of the future", some[0], some[1][:4] + b"\0\x2d\xe2\x19" + some[1][8:])
case("its database is empty", b"", some[1])
case("the first page is lost", some[0], without_first_page(some[1]))
for base in some, open_one, (some[0], other_order(some[1])):
    for at in range(0, len(base[1]), 1 + len(base[1]) // 25):
        case("cut at %d" % at, base[0], base[1][:at])
    for _ in range(25):
        at = random.randrange(len(base[1]))
        case("byte %d changed" % at, base[0], base[1][:at] + bytes([base[1][at] ^ random.randrange(1, 256)]) + base[1][at + 1:])
