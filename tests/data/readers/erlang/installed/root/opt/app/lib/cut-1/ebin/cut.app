{application, cut, [{description, "never closed}, {vsn, 
