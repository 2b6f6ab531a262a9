/* What stands for PostgreSQL and for Clair in the tests of `tarsier clair up`: one static program that is a whole image.
 *
 *   postgres …     waits for ever          pg_isready …    exit code 0, from the second time on
 *   clair          answers Clair's API v1 and v4 as far as `clair status` asks, at the port that CLAIR_CONF's file names (or 6060)
 *   broken         writes a line and fails */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int port_of_configuration(void)
{
	static char text[65536];
	const char *path = getenv("CLAIR_CONF");
	FILE *file = path ? fopen(path, "r") : NULL;
	if (!file)
		return 6060;
	text[fread(text, 1, sizeof text - 1, file)] = '\0';
	fclose(file);
	const char *address = strstr(text, "\"http_listen_addr\"");
	address = address ? strchr(address + 19, '"') : NULL;
	const char *end = address ? strchr(address + 1, '"') : NULL;
	while (end && end[-1] >= '0' && end[-1] <= '9')
		end--;
	return end ? atoi(end) : 6060;
}

static void answer(int client)
{
	char request[4096], reply[1024];
	ssize_t n = read(client, request, sizeof request - 1);
	request[n > 0 ? n : 0] = '\0';
	int v4 = getenv("CLAIR_CONF") != NULL;
	const char *body = NULL, *status = "200 OK";
	if (!v4 && strncmp(request, "GET /v1/namespaces", 18) == 0)
		body = "{\"Namespaces\":[{\"Name\":\"debian:12\",\"VersionFormat\":\"dpkg\"}]}";
	else if (v4 && strncmp(request, "GET /indexer/api/v1/index_state", 31) == 0)
		body = "{\"state\":\"0123456789abcdef0123456789abcdef\"}";
	else if (v4 && strncmp(request, "GET /matcher/api/v1/vulnerability_report/", 41) == 0)
		status = "404 Not Found", body = "{\"code\":\"not-found\",\"message\":\"index report not found\"}";
	int length = snprintf(reply, sizeof reply, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
		"Connection: close\r\n\r\n%s", body ? status : "404 Not Found", body ? strlen(body) : 0, body ? body : "");
	if (write(client, reply, (size_t)length) < 0)
		perror("write");
	close(client);
}

static int clair(void)
{
	int yes = 1, server = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port_of_configuration())};
	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (bind(server, (struct sockaddr *)&address, sizeof address) < 0 || listen(server, 16) < 0)
		return perror("clair"), 1;
	for (;;) {
		int client = accept(server, NULL, NULL);
		if (client >= 0)
			answer(client);
	}
}

static int pg_isready(void)
{
	if (access("/asked", F_OK) == 0)
		return 0;
	FILE *file = fopen("/asked", "w");
	if (file)
		fclose(file);
	return 2;
}

static void end(int signal)
{
	(void)signal;
	_exit(0);
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	(void)argc;
	signal(SIGTERM, end);
	if (strcmp(name, "pg_isready") == 0)
		return pg_isready();
	if (strcmp(name, "clair") == 0)
		return clair();
	if (strcmp(name, "broken") == 0)
		return fputs("no database here\n", stderr), 3;
	for (;;)
		pause();
}
