/* answers tarsier_policy.h's questions about policies that are not added */
#include "policy/policy.h"

#include <stdlib.h>

typedef int policy_question(tarsier_judge *judge, struct policy *policy, json_t **answer, struct tarsier_error *error);

static int write_json(json_t *answer, char **json, struct tarsier_error *error)
{
	*json = json_dumps(answer, JSON_COMPACT);
	json_decref(answer);
	return *json ? TARSIER_OK : error_memory(error);
}

static int ask(tarsier_judge *judge, const char *name, policy_question *question, char **json, struct tarsier_error *error)
{
	struct policy policy = {.name = "", .summary = ""};
	struct tarsier_error own;
	struct arena arena;
	json_t *answer = NULL;
	*json = NULL;
	error = error_or(error, &own);
	arena_init(&arena, NULL);
	int code = policy_find(&arena, &judge->config, name, &policy.file, error);
	if (code >= 0)
		code = policy_read(&arena, policy.file, &policy.text, error);
	if (code >= 0)
		code = question(judge, &policy, &answer, error);
	arena_free(&arena);
	return code < 0 ? code : write_json(answer, json, error);
}

int tarsier_judge_inspect(tarsier_judge *judge, const char *policy, char **json, struct tarsier_error *error)
{
	return ask(judge, policy, policy_check, json, error);
}

int tarsier_judge_test(tarsier_judge *judge, const char *policy, char **json, struct tarsier_error *error)
{
	return ask(judge, policy, policy_test, json, error);
}

int tarsier_judge_find(tarsier_judge *judge, const char *policy, const char **file, struct tarsier_error *error)
{
	struct tarsier_error own;
	*file = NULL;
	return policy_find(&judge->arena, &judge->config, policy, file, error_or(error, &own));
}

int tarsier_judge_list(tarsier_judge *judge, const char *const **files, struct tarsier_error *error)
{
	struct tarsier_error own;
	*files = NULL;
	return policy_list(&judge->arena, &judge->config, files, error_or(error, &own));
}

const struct tarsier_judge_config *judge_config(const tarsier_judge *judge)
{
	return &judge->config;
}

size_t tarsier_judge_count(const tarsier_judge *judge)
{
	return judge->count;
}

void tarsier_text_free(char *text)
{
	free(text);
}
