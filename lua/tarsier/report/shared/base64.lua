-- base64 as RFC 4648, section 4, defines it, for documents that are embedded in others.

local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function digit(value)
  return alphabet:sub(value + 1, value + 1)
end

--- base64(s) -> text
return function(s)
  local written = s:gsub("..?.?", function(bytes)
    local a, b, c = bytes:byte(1, 3)
    local value = a << 16 | (b or 0) << 8 | (c or 0)
    return digit(value >> 18) .. digit(value >> 12 & 63) .. (b and digit(value >> 6 & 63) or "=")
      .. (c and digit(value & 63) or "=")
  end)
  return written
end
