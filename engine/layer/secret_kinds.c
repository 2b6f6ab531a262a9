/* the forms of secrets: only those that nothing else has, so that a list is worth reading
 *
 * Each is as its publisher documents it (or its own scanner finds it). Passwords and keys without a form of their own are not
 * found: what looks random is too often not secret. */
#include "layer/secrets.h"

#define ALNUM "A-Za-z0-9"

const struct secret_kind secret_kinds[] = {
	{"aws-access-key", "an access key ID of AWS", "AKIA", "A-Z2-7", 16, 16, 0, "EXAMPLE"},
	{"aws-access-key", "an access key ID of AWS", "ASIA", "A-Z2-7", 16, 16, 0, "EXAMPLE"},
	{"github-token", "a token of GitHub", "ghp_", ALNUM, 36, 36, 1, NULL},
	{"github-token", "a token of GitHub", "gho_", ALNUM, 36, 36, 1, NULL},
	{"github-token", "a token of GitHub", "ghu_", ALNUM, 36, 36, 1, NULL},
	{"github-token", "a token of GitHub", "ghs_", ALNUM, 36, 36, 1, NULL},
	{"github-token", "a token of GitHub", "ghr_", ALNUM, 36, 76, 1, NULL},
	{"github-token", "a token of GitHub", "github_pat_", ALNUM "_", 82, 82, 1, NULL},
	{"gitlab-token", "a token of GitLab", "glpat-", ALNUM "_.-", 20, 64, 1, NULL},
	{"gitlab-token", "a token of GitLab", "gldt-", ALNUM "_-", 20, 64, 1, NULL},
	{"gitlab-token", "a token of GitLab", "glrt-", ALNUM "_.-", 20, 64, 1, NULL},
	{"gitlab-token", "a token of GitLab", "glcbt-", ALNUM "_-", 20, 64, 1, NULL},
	{"gitlab-token", "a token of GitLab", "glptt-", "a-f0-9", 40, 40, 1, NULL},
	{"slack-token", "a token of Slack", "xoxb-", ALNUM "-", 40, 255, 12, NULL},
	{"slack-token", "a token of Slack", "xoxp-", ALNUM "-", 40, 255, 12, NULL},
	{"slack-token", "a token of Slack", "xoxa-", ALNUM "-", 40, 255, 12, NULL},
	{"slack-token", "a token of Slack", "xapp-", ALNUM "-", 40, 255, 12, NULL},
	{"slack-webhook", "a webhook of Slack", "hooks.slack.com/services/", ALNUM "/", 40, 80, 4, NULL},
	{"stripe-key", "a secret key of Stripe", "sk_live_", ALNUM, 24, 128, 1, NULL},
	{"stripe-key", "a secret key of Stripe", "rk_live_", ALNUM, 24, 128, 1, NULL},
	{"google-api-key", "an API key of Google", "AIza", ALNUM "_-", 35, 35, 1, NULL},
	{"npm-token", "a token of npm", "npm_", ALNUM, 36, 36, 1, NULL},
	{"pypi-token", "a token of PyPI", "pypi-AgEIcHlwaS5vcmc", ALNUM "_-", 50, 255, 1, NULL},
	{"sendgrid-key", "an API key of SendGrid", "SG.", ALNUM "_.-", 66, 66, 1, NULL},
	{"digitalocean-token", "a token of DigitalOcean", "dop_v1_", "a-f0-9", 64, 64, 8, NULL},
	{"docker-token", "a token of Docker Hub", "dckr_pat_", ALNUM "_-", 27, 27, 1, NULL},
	{"huggingface-token", "a token of Hugging Face", "hf_", "A-Za-z", 34, 34, 0, NULL},
	{"shopify-token", "a token of Shopify", "shpat_", "A-Fa-f0-9", 32, 32, 4, NULL},
	{"anthropic-key", "an API key of Anthropic", "sk-ant-api03-", ALNUM "_-", 80, 120, 4, NULL},
	{"openai-key", "an API key of OpenAI", "sk-proj-", ALNUM "_-", 40, 200, 4, NULL},
	{"vault-token", "a token of Vault", "hvs.", ALNUM "_-", 90, 255, 4, NULL},
	{"age-key", "a secret key of age", "AGE-SECRET-KEY-1", "A-Z0-9", 58, 58, 0, NULL},
	{.name = NULL},
};

/* RFC 7468 and what is older; "OPENSSH" is ssh-keygen's. The header alone is in every program that reads keys: key_matches asks
 * for the beginning of a key below it. */
const char *const secret_key_headers[] = {
	"PRIVATE KEY-----", "RSA PRIVATE KEY-----", "EC PRIVATE KEY-----", "DSA PRIVATE KEY-----", "OPENSSH PRIVATE KEY-----",
	"ENCRYPTED PRIVATE KEY-----", "PGP PRIVATE KEY BLOCK-----", NULL,
};
