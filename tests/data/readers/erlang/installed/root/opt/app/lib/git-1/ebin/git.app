{application, git, [{vsn, git}]}.
