/* which of several entries with one path is the last */
#include "layer/internal.h"

#include <string.h>

static uint64_t plain(uint64_t mark)
{
	mark &= ~UINT64_C(1);
	return mark ? mark : 2;
}

/* The slot of this mark, or the free one where it would be. */
static struct order_slot *place(struct order_slot *slots, size_t capacity, uint64_t mark)
{
	size_t index = (size_t)(mark >> 20) & (capacity - 1);
	while (slots[index].mark && slots[index].mark != mark)
		index = (index + 1) & (capacity - 1);
	return &slots[index];
}

void order_free(struct order *order)
{
	if (order->slots)
		memory_resize(&order->allocator, order->slots, order->capacity * sizeof *order->slots, 0);
	order->slots = NULL;
}

static bool grow(struct order *order)
{
	size_t capacity = order->capacity ? order->capacity * 2 : 256;
	struct order_slot *slots = memory_resize(&order->allocator, NULL, 0, capacity * sizeof *slots);
	if (!slots)
		return false;
	memset(slots, 0, capacity * sizeof *slots);
	for (size_t i = 0; i < order->capacity; i++)
		if (order->slots[i].mark)
			*place(slots, capacity, order->slots[i].mark) = order->slots[i];
	order_free(order);
	order->slots = slots;
	order->capacity = capacity;
	return true;
}

static struct order_slot *insert(struct order *order, uint64_t mark)
{
	if (order->count * 2 >= order->capacity && !grow(order))
		return NULL;
	struct order_slot *slot = place(order->slots, order->capacity, plain(mark));
	if (slot->mark == 0) {
		slot->mark = plain(mark);
		order->count++;
	}
	return slot;
}

struct order_slot *order_find(const struct order *order, uint64_t mark)
{
	if (order->count == 0)
		return NULL;
	struct order_slot *slot = place(order->slots, order->capacity, plain(mark));
	return slot->mark ? slot : NULL;
}

void order_note(struct order *order, uint64_t mark, bool directory, uint32_t sequence)
{
	struct order_slot *slot = order_find(order, mark);
	if (!slot)
		return;
	slot->latest = sequence;
	if (!directory)
		slot->replaced = sequence;
	if (slot->kept || !directory)
		order->disturbed = true;
}

static bool insert_folder(void *user, uint64_t mark)
{
	struct order *order = user;
	return order->count < ORDER_LIMIT && insert(order, mark);
}

int order_keep(struct order *order, span path, uint32_t sequence, struct tarsier_error *error)
{
	span folder = {path.ptr, (size_t)(span_find_last(path, '/') + 1)};
	if (folder.len)
		folder.len--;
	/* Where the folder is known so are those that it lies in. */
	if (folder.len && !order_find(order, path_mark(folder, true)) && !marks_of_folders(path, insert_folder, order))
		goto full;
	struct order_slot *slot = order->count < ORDER_LIMIT ? insert(order, path_mark(path, false)) : NULL;
	if (!slot)
		goto full;
	slot->kept = true;
	slot->latest = sequence;
	slot->file = 0;
	return TARSIER_OK;
full:
	if (order->count < ORDER_LIMIT)
		return error_memory(error);
	return error_set(error, TARSIER_LIMIT, "links and evidence in more than %d paths and folders", ORDER_LIMIT);
}

struct still_there { const struct order *order; uint32_t sequence; };

static bool folder_is_there(void *user, uint64_t mark)
{
	const struct still_there *there = user;
	const struct order_slot *slot = order_find(there->order, mark);
	return !slot || slot->replaced <= there->sequence;
}

bool order_is_last(const struct order *order, span path, uint32_t sequence)
{
	struct still_there there = {order, sequence};
	const struct order_slot *slot = order_find(order, path_mark(path, false));
	if (slot && slot->latest != sequence)
		return false;
	return marks_of_folders(path, folder_is_there, &there);
}
