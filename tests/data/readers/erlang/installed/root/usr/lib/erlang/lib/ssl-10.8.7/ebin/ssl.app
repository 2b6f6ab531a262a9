%% This is an -*- erlang -*- file.
{application, ssl,
   [{description, "Erlang/OTP SSL application"},
    {vsn, "10.8.7"}]}.
