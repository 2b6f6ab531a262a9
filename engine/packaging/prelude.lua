-- prelude.lua FILE…: writes the parts of the prelude as C, each as text and as what Lua compiles it to.

local function literal(text)
  return '"' .. text:gsub('[\\"]', "\\%0"):gsub("\n", '\\n"\n"') .. '"'
end

local function bytes(code)
  return (code:gsub(".", function(byte) return byte:byte() .. "," end):gsub(("[^,]*,"):rep(32), "%0\n"))
end

local parts = {}
for i, name in ipairs(arg) do
  local text = assert(io.open(name)):read "a"
  local code = string.dump(assert(load(text, "=prelude", "t")))
  print(("static const unsigned char prelude_code_%d[] = {\n%s};"):format(i, bytes(code)))
  parts[i] = ("{prelude_code_%d, sizeof prelude_code_%d,\n%s}"):format(i, i, literal(text))
end
print("static const struct prelude_part prelude_parts[] = {\n" .. table.concat(parts, ",\n") .. "};")
