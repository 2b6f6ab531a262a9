/* a root file system in a folder */
#include "image/image.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Each level keeps a descriptor open, and a process may have 1,024; the deepest real trees (node_modules) reach 60. */
enum { DEEPEST = 512 };

struct root_walk {
	const struct image *image;
	const char *root;               /* as given, for messages */
	const struct layer_options *options;
	struct layer_builder *builder;
	struct buffer path;             /* of the current directory or file, below the root */
	unsigned depth;
};

struct root_folder {
	const char *path;
	const struct layer_options *options;
};

static int refused(const struct root_walk *walk, const char *verb, int number, struct tarsier_error *error)
{
	span path = buffer_span(&walk->path);
	const char *hint = number == EACCES || number == EPERM ? " (a scan as root can)" : "";
	return error_errno(error, number, "%s %s/%.*s%s", verb, walk->root, SPAN_ARG(path), hint);
}

/* ---- a file's content, opened when it is first asked for ----------------------------------------------------- */

struct content {
	struct stream stream;
	struct root_walk *walk;
	const char *name;
	int parent, fd;
};

/* Opens only regular files: opening a device may have effects, and opening a pipe waits for a writer. Because a file may be
 * replaced by either at any time, opens with O_NONBLOCK and checks again. */
static int open_content(struct content *content, struct tarsier_error *error)
{
	struct stat status;
	int fd = openat(content->parent, content->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return refused(content->walk, "open", errno, error);
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		close(fd);
		return refused(content->walk, "open", ESTALE, error);
	}
	content->fd = fd;
	return TARSIER_OK;
}

static ssize_t content_read(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	struct content *content = (struct content *)stream;
	ssize_t got;
	int code = content->fd < 0 ? open_content(content, error) : TARSIER_OK;
	if (code < 0)
		return code;
	do
		got = read(content->fd, buffer, size);
	while (got < 0 && errno == EINTR);
	return got < 0 ? refused(content->walk, "read", errno, error) : got;
}

static void content_close(struct stream *stream)
{
	struct content *content = (struct content *)stream;
	if (content->fd >= 0)
		close(content->fd);
	content->fd = -1;
}

static int take_file(struct root_walk *walk, int parent, const char *name, const struct stat *status,
                     struct tarsier_error *error)
{
	struct content content = {{.read = content_read, .close = content_close}, walk, name, parent, -1};
	const struct tar_entry entry = {.path = buffer_span(&walk->path), .type = '0', .size = (uint64_t)status->st_size,
	                                .mode = status->st_mode & 07777};
	int code = layer_builder_file(walk->builder, &entry, &content.stream, error);
	content_close(&content.stream);
	return code;
}

/* The entry was listed, but is gone. Only evidence matters. */
static int take_vanished(struct root_walk *walk, struct tarsier_error *error)
{
	return layer_builder_odd(walk->builder, buffer_span(&walk->path), "vanished while the folder was read", error);
}

static int take_link(struct root_walk *walk, int parent, const char *name, struct tarsier_error *error)
{
	char target[4097]; /* Linux keeps at most 4,095 bytes */
	ssize_t length = readlinkat(parent, name, target, sizeof target);
	if (length < 0)
		return errno == ENOENT || errno == EINVAL ? take_vanished(walk, error) : refused(walk, "read the link", errno, error);
	return layer_builder_link(walk->builder, buffer_span(&walk->path), (span){target, (size_t)length}, false, error);
}

/* ---- directories --------------------------------------------------------------------------------------------- */

/* The kernel's own file systems, which belong to a running system, not to an image. */
static bool is_pseudo(int fd, span path)
{
	static const unsigned long magics[] = {
		PROC_SUPER_MAGIC, SYSFS_MAGIC, DEVPTS_SUPER_MAGIC, CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEBUGFS_MAGIC,
		TRACEFS_MAGIC, SECURITYFS_MAGIC, BPF_FS_MAGIC, PSTOREFS_MAGIC, NSFS_MAGIC, 0x19800202 /* mqueue */,
		0x62656570 /* configfs */, 0x958458f6 /* hugetlbfs */, 0x187 /* autofs */, 0x65735543 /* fusectl */,
		0x42494e4d /* binfmt_misc */, 0x67596969 /* rpc_pipefs */, 0xde5e81e4 /* efivarfs */,
	};
	struct statfs system;
	if (fstatfs(fd, &system) < 0)
		return false;
	unsigned long type = (unsigned long)system.f_type & 0xffffffffUL;
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
		if (type == magics[i])
			return true;
	return type == TMPFS_MAGIC && span_is(path, "dev"); /* devtmpfs, and what containers have in its place */
}

static int walk_folder(struct root_walk *walk, int fd, dev_t device, struct tarsier_error *error);

/* Opened without following a link, since the directory may have been replaced. */
static int take_folder(struct root_walk *walk, int parent, const char *name, dev_t device, struct tarsier_error *error)
{
	struct stat status;
	int code = layer_builder_directory(walk->builder, buffer_span(&walk->path), error);
	if (code < 0)
		return code;
	if (walk->depth >= DEEPEST)
		return error_set(error, TARSIER_LIMIT, "%s: directories are nested more than %d deep", walk->root, DEEPEST);
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? TARSIER_OK : refused(walk, "open", errno, error);
	if (fstat(fd, &status) < 0 || (status.st_dev != device && is_pseudo(fd, buffer_span(&walk->path)))) {
		close(fd);
		return TARSIER_OK;
	}
	walk->depth++;
	code = walk_folder(walk, fd, status.st_dev, error);
	walk->depth--;
	return code;
}

static const char *kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFIFO: return "a FIFO, not a file";
	case S_IFSOCK: return "a socket, not a file";
	default: return "a device, not a file";
	}
}

static int take_entry(struct root_walk *walk, int parent, const char *name, dev_t device, struct tarsier_error *error)
{
	struct stat status;
	if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? take_vanished(walk, error) : refused(walk, "look at", errno, error);
	if (S_ISREG(status.st_mode))
		return take_file(walk, parent, name, &status, error);
	if (S_ISLNK(status.st_mode))
		return take_link(walk, parent, name, error);
	if (S_ISDIR(status.st_mode))
		return take_folder(walk, parent, name, device, error);
	return layer_builder_odd(walk->builder, buffer_span(&walk->path), kind_of(status.st_mode), error);
}

static int walk_entry(struct root_walk *walk, int fd, const char *name, dev_t device, struct tarsier_error *error)
{
	size_t length = walk->path.length;
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return TARSIER_OK;
	if ((length && !buffer_add(&walk->path, "/", 1)) || !buffer_add(&walk->path, name, strlen(name)))
		return error_memory(error);
	int code = take_entry(walk, fd, name, device, error);
	walk->path.length = length;
	return code;
}

static bool cancelled(const struct root_walk *walk)
{
	return walk->options && walk->options->cancelled && atomic_load(walk->options->cancelled);
}

/* Closes `fd`. */
static int walk_folder(struct root_walk *walk, int fd, dev_t device, struct tarsier_error *error)
{
	DIR *folder = fdopendir(fd);
	struct dirent *entry;
	int code = TARSIER_OK;
	if (!folder) {
		code = refused(walk, "list", errno, error);
		close(fd);
		return code;
	}
	while (code >= 0 && (errno = 0, entry = readdir(folder))) {
		code = walk_entry(walk, fd, entry->d_name, device, error);
		if (code >= 0 && cancelled(walk))
			code = error_set(error, TARSIER_CANCELLED, "cancelled");
	}
	if (code >= 0 && errno)
		code = refused(walk, "list", errno, error);
	closedir(folder);
	return code;
}

static int walk_root(const struct image *image, struct layer_builder *builder, struct tarsier_error *error)
{
	const struct root_folder *folder = image->source;
	struct root_walk walk = {.image = image, .root = folder->path, .options = folder->options, .builder = builder};
	struct stat status;
	int fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(error, errno, "open %s", folder->path);
	if (fstat(fd, &status) < 0) {
		close(fd);
		return error_errno(error, errno, "%s", folder->path);
	}
	buffer_init(&walk.path, &image->arena->allocator);
	int code = walk_folder(&walk, fd, status.st_dev, error);
	buffer_free(&walk.path);
	return code;
}

/* ---- the source ---------------------------------------------------------------------------------------------- */

static int dir_open(const struct reference *reference, const struct source_options *options, struct image *image,
                    struct tarsier_error *error)
{
	struct stat status;
	struct root_folder *folder = arena_alloc(image->arena, sizeof *folder);
	if (!folder)
		return error_memory(error);
	if (stat(reference->path, &status) < 0)
		return error_errno(error, errno, "open %s", reference->path);
	if (!S_ISDIR(status.st_mode))
		return error_set(error, TARSIER_USAGE, "%s is not a directory; an archive is docker-archive: or oci-archive:",
		                 reference->path);
	if (*reference->name || *reference->digest)
		return error_set(error, TARSIER_USAGE, "%s: a root file system has no name or digest to choose by",
		                 reference->text);
	*folder = (struct root_folder){reference->path, options->layers};
	image->source = folder;
	image->walk = walk_root;
	return TARSIER_OK;
}

static bool dir_accepts(const char *path, bool directory, span head)
{
	(void)head;
	int root = directory ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool layout = root >= 0 && faccessat(root, "oci-layout", F_OK, 0) == 0; /* an image's, not a system's */
	if (root >= 0)
		close(root);
	return directory && !layout;
}

const struct source source_dir = {
	.name = "dir", .summary = "PATH: a root file system in a folder", .accepts = dir_accepts, .open = dir_open,
};
