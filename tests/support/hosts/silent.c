/* A host that asks policies alone: "IMAGE POLICY decision" for each image and each ready policy. */
#include <stdio.h>
#include <string.h>
#include <tarsier_policy.h>

static int judge_with(const tarsier_report *report, const char *ready, const char *policy, const char *image)
{
	struct tarsier_judge_config config;
	struct tarsier_error error;
	tarsier_judge *judge;
	tarsier_verdict *verdict = NULL;

	tarsier_judge_config_init(&config);
	config.ready_dir = ready;
	config.no_environment = 1;
	if (tarsier_judge_open(&config, &judge, &error) < 0)
		return 1;
	int code = tarsier_judge_add(judge, policy, NULL, &error);
	if (code >= 0)
		code = tarsier_judge_run(judge, report, &verdict, &error);
	printf("%s %s %s\n", image, policy, code < 0 ? error.message : tarsier_decision_name(verdict->decision));
	tarsier_verdict_free(verdict);
	tarsier_judge_free(judge);
	return code < 0;
}

int main(int argc, char **argv) /* DATABASE or "", READY-POLICIES, POLICY,POLICY…, IMAGE… */
{
	struct tarsier_config config;
	struct tarsier_error error;
	tarsier_engine *engine;
	tarsier_report *report;
	int bad = argc < 4;

	tarsier_config_init(&config);
	config.cache_dir = "";
	config.database = *argv[1] ? argv[1] : NULL;
	if (tarsier_open(&config, &engine, &error) < 0)
		return fprintf(stderr, "%s\n", error.message), 1;
	for (int i = 4; i < argc && !bad; i++) {
		if (tarsier_scan(engine, argv[i], &report, &error) < 0) {
			printf("%s scan %s\n", argv[i], tarsier_code_name(error.code));
			continue;
		}
		char policies[256];
		snprintf(policies, sizeof policies, "%s", argv[3]);
		for (char *policy = strtok(policies, ","); policy && !bad; policy = strtok(NULL, ","))
			bad = judge_with(report, argv[2], policy, argv[i]);
		tarsier_report_free(report);
	}
	tarsier_close(engine);
	return bad;
}
