/* JSON read with yajl into small trees on an arena: faster than jansson, and in documents of any size */
#ifndef TARSIER_FORMAT_JSON_TREE_H
#define TARSIER_FORMAT_JSON_TREE_H

#include "base/error.h"
#include "base/span.h"

enum node_kind { NODE_NULL, NODE_FALSE, NODE_TRUE, NODE_NUMBER, NODE_TEXT, NODE_LIST, NODE_OBJECT };

/* A value and its place among its siblings. Strings are UTF-8 without a NUL, ended by one. */
struct json_node {
	enum node_kind kind;
	const char *key;               /* of a member of an object; NULL for an element of a list */
	const char *text;              /* of TEXT, and of NUMBER as it is written */
	size_t length;                 /* of the text */
	struct json_node *first, *last, *next; /* children of a LIST or OBJECT, in order; the next sibling */
	size_t count;                  /* of children */
};

/* Read members of an object. A NULL object, an absent key, null and a wrong type all give the default. If a key is there
 * twice, the last one counts. */
const struct json_node *node_get(const struct json_node *object, const char *key);    /* of any type; NULL by default */
const char *node_text(const struct json_node *object, const char *key);               /* "" by default */
const struct json_node *node_list(const struct json_node *object, const char *key);   /* NULL by default */
const struct json_node *node_member(const struct json_node *object, const char *key); /* an object or NULL */
/* The text of a TEXT node; NULL for any other, and for NULL. */
const char *node_string(const struct json_node *node);
/* The value of a NUMBER node, or of a text that is one, without an exponent; `otherwise` for any other. */
double node_number(const struct json_node *node, double otherwise);
/* The number of children, and the length of a TEXT; 0 for any other node, and for NULL. */
size_t node_count(const struct json_node *node);
size_t node_length(const struct json_node *node);
/* For loops: the first child of a list or object, NULL without one; then ->next. */
const struct json_node *node_first(const struct json_node *parent);

/* The place of a value in a document: keys[0] to keys[depth - 1], from the outermost container inwards. An element of a
 * list has the key "". */
enum { JSON_PLACES = 4 };
struct cut_place { size_t depth; const char *keys[JSON_PLACES]; };

/* For json_cutter: opens a list that is the document, so that its elements are given one at a time. */
bool json_opens_list(void *user, const struct cut_place *place, bool is_object);

/* Cuts a document that arrives in pieces into values. Set the first fields, zero the rest. */
struct json_cutter {
	/* Returns true if the container at this place is opened: its values are then given one at a time. NULL: the document
	 * is one value. */
	bool (*opens)(void *user, const struct cut_place *place, bool is_object);
	/* Takes a value, which is freed afterwards; that of a whole document at its end. Its key is place->keys[place->depth - 1]. A failure ends the reading. */
	int (*take)(void *user, const struct cut_place *place, const struct json_node *value, struct tarsier_error *error);
	void *user;
	const char *what;              /* for messages: the file's name */
	size_t limit;                  /* bytes that one value may take in memory; a single string: a fourth of it */
	/* private to json_tree.c */
	struct yajl_handle_t *parser;
	struct arena keys, *values, own; /* of opened containers; of the value that is read: `own`, or the caller's */
	struct cut_place place;
	struct json_node **open;       /* containers of the value that is read, outermost first */
	bool lists[JSON_PLACES];       /* which opened containers are lists */
	size_t nested, deep;           /* how many containers are open in the value; the room of `open` */
	const char *key;               /* of the member that follows in the value */
	const struct json_node *root;  /* a whole document, for json_cutter_end */
	bool invalid;                  /* a failure is the document's: not JSON, or too large */
	bool begun;                    /* a piece has been read */
	int code;                      /* of a failure within a callback */
	struct tarsier_error *error;
};

int json_cutter_begin(struct json_cutter *cutter, struct tarsier_error *error);
/* Fails with FORMAT, LIMIT, MEMORY or the code of `take`. */
int json_cutter_feed(struct json_cutter *cutter, span piece, struct tarsier_error *error);
/* Fails with FORMAT if the document is incomplete. */
int json_cutter_end(struct json_cutter *cutter, struct tarsier_error *error);
void json_cutter_free(struct json_cutter *cutter);

/* Parses a whole document. The tree is in the arena. `limit` bounds the text and, fourfold, the memory. */
int json_tree(struct arena *arena, span text, size_t limit, const char *what, const struct json_node **root,
              struct tarsier_error *error);

#endif
