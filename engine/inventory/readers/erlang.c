/* reads compiled Erlang and Elixir applications */
#include "inventory/reader_add.h"
#include "layer/reader.h"

/*
 * Each application has ebin/NAME.app, one Erlang term (app(4) of Erlang/OTP):
 *
 *	{application, cowboy, [{description, "…"}, {vsn, "2.10.0"}, {modules, […]}, …]}.
 *
 * The compiler of an application that came from Hex writes the package's version here. OTP's and Elixir's own
 * applications are not packages of Hex, which reserves their names.
 */
enum { HEAD = 1 << 20 };

static const char *const own_names[] = {
	/* OTP 21 to 27 */
	"asn1", "common_test", "compiler", "crypto", "debugger", "dialyzer", "diameter", "edoc", "eldap", "erl_docgen",
	"erl_interface", "erts", "et", "eunit", "ftp", "inets", "jinterface", "kernel", "megaco", "mnesia", "observer", "odbc",
	"os_mon", "parsetools", "public_key", "reltool", "runtime_tools", "sasl", "snmp", "ssh", "ssl", "stdlib", "syntax_tools",
	"tftp", "tools", "wx", "xmerl",
	/* Elixir */
	"eex", "elixir", "ex_unit", "iex", "logger", "mix", NULL,
};

static bool is_own(span name)
{
	for (size_t i = 0; own_names[i]; i++)
		if (span_is(name, own_names[i]))
			return true;
	return false;
}

static bool is_atom(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '@';
}

/* Takes the text between two equal quotes. */
static span take_quoted(span *rest)
{
	char quote = rest->ptr[0];
	span inner = span_from(*rest, 1);
	size_t length = 0;
	while (length < inner.len && inner.ptr[length] != quote)
		length += inner.ptr[length] == '\\' ? 2 : 1;
	*rest = span_from(inner, length + 1);
	return (span){inner.ptr, length < inner.len ? length : inner.len};
}

/* Takes the next token: an atom or number, a quoted text without its quotes, or one other character. White space and
 * comments are skipped. Returns false at the end. */
static bool take_token(span *rest, span *token)
{
	while (rest->len) {
		char c = rest->ptr[0];
		if (c == '"' || c == '\'') {
			*token = take_quoted(rest);
			return true;
		}
		if (c == '%') {
			span comment;
			span_next(rest, '\n', &comment);
			continue;
		}
		size_t length = 0;
		while (length < rest->len && is_atom(rest->ptr[length]))
			length++;
		*token = (span){rest->ptr, length ? length : 1};
		*rest = span_from(*rest, token->len);
		if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
			return true;
	}
	return false;
}

/* Finds the token after `{ KEY ,`. */
static span find_value(span content, const char *key)
{
	span before = SPAN(""), token, comma, value;
	while (take_token(&content, &token)) {
		if (span_is(before, "{") && span_is(token, key) && take_token(&content, &comma) && span_is(comma, ",") &&
		    take_token(&content, &value))
			return value;
		before = token;
	}
	return SPAN("");
}

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	struct package_spans package = {.type = "hex", .ecosystem = "Hex", .name = find_value(evidence->content, "application"),
	                                .version = find_value(evidence->content, "vsn")};
	if (is_own(package.name))
		package.type = "otp", package.ecosystem = NULL;
	return reader_skip_file(output, reader_add(output, &package, error), error);
}

const struct reader reader_erlang = {
	.name = "erlang",
	.version = 1,
	.evidence = (const char *const[]){"**/ebin/*.app", NULL},
	.limit = HEAD,
	.head = true,
	.read = read,
};
