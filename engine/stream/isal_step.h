/* one step of ISA-L's inflate, on the pieces of a codec; included only in builds with ISA-L */
#ifndef TARSIER_STREAM_ISAL_STEP_H
#define TARSIER_STREAM_ISAL_STEP_H

#include "stream/codec.h"

#include <isa-l/igzip_lib.h>

static inline uint32_t isal_at_most(size_t size)
{
	return size > 1u << 30 ? 1u << 30 : (uint32_t)size;
}

/* Takes from io's input and gives to its output what one call can. Returns ISA-L's code, which is negative on failure. */
static inline int isal_step(struct inflate_state *state, struct codec_io *io)
{
	uint32_t in = isal_at_most(io->in_left), out = isal_at_most(io->out_left);
	state->next_in = (uint8_t *)(uintptr_t)io->in;
	state->avail_in = in;
	state->next_out = io->out;
	state->avail_out = out;
	int code = isal_inflate(state);
	io->in += in - state->avail_in, io->in_left -= in - state->avail_in;
	io->out += out - state->avail_out, io->out_left -= out - state->avail_out;
	return code;
}

#endif
