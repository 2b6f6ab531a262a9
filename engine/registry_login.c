#include "registry_login.h"

int registry_login_find(struct arena *arena, const char *domain, const char *path, struct registry_login *login,
                        struct tarsier_error *error)
{
	(void)arena, (void)domain, (void)path, (void)error;
	*login = (struct registry_login){"", "", "", ""};
	return TARSIER_OK;
}
