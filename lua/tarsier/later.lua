-- later(name) -> stands for a module of functions, which is loaded when the first of them is called: a command pays
-- only for the modules that it uses.
return function(name)
  return setmetatable({}, { __index = function(_, key) return require(name)[key] end })
end
