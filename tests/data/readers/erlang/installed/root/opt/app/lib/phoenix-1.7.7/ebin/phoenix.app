{application,phoenix,
             [{modules,['Elixir.Mix.Phoenix','Elixir.Vsn']},
              {optional_applications,[]}, % {vsn,"9"}
              {description,"Peace of mind from prototype to production"},
              {registered,[]},{vsn,"1.7.7"}]}.
