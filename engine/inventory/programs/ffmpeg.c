/* FFmpeg */
#include "inventory/program.h"

const struct program program_ffmpeg = {
	.name = "ffmpeg",
	.files = (const char *const[]){"ffmpeg", "ffprobe", "libavcodec.so*", "libavformat.so*", "libavutil.so*", "libswresample.so*", "libswscale.so*", NULL},
	.patterns = (const char *const[]){"FFmpeg version %v", "ffmpeg version %v", "%%s version %v", NULL},
};
