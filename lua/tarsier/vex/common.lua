-- What the readers of VEX documents share: bounds and types of what comes from outside.

local common = {}

-- Of statements times products: Red Hat's largest documents have 60,000.
common.MAX_PRODUCTS = 500000

--- text(value, what) -> the text, "" if there is none; raises for anything else
function common.text(value, what)
  if value == nil then return "" end
  if type(value) ~= "string" then error(("%s must be text, is a %s"):format(what, type(value)), 0) end
  if #value > 65536 then error(what .. " is longer than 64 KiB", 0) end
  return value
end

--- list(value, what) -> the list, empty if there is none; raises for anything else
function common.list(value, what)
  if value == nil then return {} end
  if type(value) ~= "table" or next(value) ~= nil and value[1] == nil then error(what .. " must be a list", 0) end
  return value
end

--- map(value, what) -> the object, empty if there is none; raises for anything else
function common.map(value, what)
  if value == nil then return {} end
  if type(value) ~= "table" then error(("%s must be an object, is a %s"):format(what, type(value)), 0) end
  return value
end

--- counter() -> a function that counts and raises above the limit
function common.counter()
  local count = 0
  return function(more)
    count = count + more
    if count > common.MAX_PRODUCTS then
      error(("more than %d products in its statements"):format(common.MAX_PRODUCTS), 0)
    end
  end
end

return common
