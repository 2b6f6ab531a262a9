{application, 'cowboy', [
	{description, "Small, fast, modern HTTP server. {vsn, \"0.1\"}"},
	{vsn, "2.10.0"},
	{modules, ['cowboy','cowboy_app']},
	{applications, [kernel,stdlib,crypto,cowlib,ranch]}
]}.
