package = "LuaSocket"
version = "3.1.0-1"
source = { url = "git+https://github.com/lunarmodules/luasocket.git", tag = "v3.1.0" }
description = {
   summary = "Network support for the Lua language",
   license = "MIT"
}
