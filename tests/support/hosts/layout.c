/* The sizes of structs that hosts index in arrays, and where the fields of the first release stand in those that grow. */
#include <stddef.h>
#include <stdio.h>
#include <tarsier_policy.h>
#include <tarsier_share.h>

#define SIZE(type) printf("size " #type " %zu\n", sizeof(struct type))
#define AT(type, field) printf("offset " #type "." #field " %zu\n", offsetof(struct type, field))

int main(void)
{
	SIZE(tarsier_error);
	SIZE(tarsier_layer);
	SIZE(tarsier_label);
	SIZE(tarsier_history);
	SIZE(tarsier_word);
	SIZE(tarsier_decided);
	SIZE(tarsier_policy_use);
	SIZE(tarsier_allocator);
	SIZE(tarsier_plugin);
	SIZE(tarsier_import_result);
	SIZE(tarsier_clair_status);
	SIZE(tarsier_download);
	AT(tarsier_http_request, user);
	AT(tarsier_http_response, body_length);
	AT(tarsier_config, plain_http);
	AT(tarsier_judge_config, allocator);
	AT(tarsier_import_options, user);
	AT(tarsier_event, message);
	AT(tarsier_image, ecosystem);
	AT(tarsier_package, layer);
	AT(tarsier_finding, backend);
	AT(tarsier_problem, layer);
	AT(tarsier_database_info, ecosystems);
	AT(tarsier_usage, layers_cached);
	printf("offset tarsier_verdict.policy_count %zu\n", offsetof(tarsier_verdict, policy_count));
	return 0;
}
