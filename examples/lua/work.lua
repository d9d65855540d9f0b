-- Real work in Lua: what scripts do all day, with an output that is the same everywhere.
--     lua work.lua [FILE]...
-- Words are counted in the files given and in this script itself.

local function heading(name) print(("== %s"):format(name)) end

-- A checksum that keeps whole texts out of the output (FNV-1a, 32 bits).
local function checksum(text)
  local hash = 0x811c9dc5
  for i = 1, #text do hash = ((hash ~ text:byte(i)) * 0x01000193) & 0xffffffff end
  return ("%08x"):format(hash)
end

local function random(seed)
  return function(limit)
    seed = (seed * 6364136223846793005 + 1442695040888963407)
    return (seed >> 33) % limit + 1
  end
end

-- Words --------------------------------------------------------------------------------------------------------------
heading "words"
local counts, total, lines = {}, 0, 0
for _, path in ipairs { arg[0], table.unpack(arg) } do
  for line in assert(io.open(path)):lines() do
    lines = lines + 1
    for word in line:lower():gmatch "%a+" do
      counts[word] = (counts[word] or 0) + 1
      total = total + 1
    end
  end
end
local words = {}
for word in pairs(counts) do words[#words + 1] = word end
table.sort(words, function(a, b)
  if counts[a] ~= counts[b] then return counts[a] > counts[b] end
  return a < b
end)
print(("%d lines, %d words, %d distinct"):format(lines, total, #words))
for i = 1, 5 do print(("%6d  %5.2f%%  %s"):format(counts[words[i]], 100 * counts[words[i]] / total, words[i])) end

-- JSON ---------------------------------------------------------------------------------------------------------------
heading "json"
local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\t"] = "\\t" }
local function encode(value)
  local kind = type(value)
  if kind == "string" then
    return '"' .. value:gsub('[%c"\\]', function(c) return escapes[c] or ("\\u%04x"):format(c:byte()) end) .. '"'
  elseif kind == "table" then
    local parts = {}
    if #value > 0 or next(value) == nil then
      for i, item in ipairs(value) do parts[i] = encode(item) end
      return "[" .. table.concat(parts, ",") .. "]"
    end
    local keys = {}
    for key in pairs(value) do keys[#keys + 1] = key end
    table.sort(keys)
    for i, key in ipairs(keys) do parts[i] = encode(key) .. ":" .. encode(value[key]) end
    return "{" .. table.concat(parts, ",") .. "}"
  elseif kind == "number" then
    return math.type(value) == "integer" and ("%d"):format(value) or ("%.14g"):format(value)
  end
  return tostring(value)
end

local decode
local function decode_list(text, at, close, item)
  at = text:match("^%s*()", at)
  if text:sub(at, at) == close then return at + 1 end
  while true do
    at = item(at)
    local mark, after = text:match("^%s*([,%]}])%s*()", at)
    if mark == close then return after end
    if mark ~= "," then error(("no comma at %d"):format(at)) end
    at = after
  end
end
function decode(text, at)
  at = text:match("^%s*()", at or 1)
  local first = text:sub(at, at)
  if first == "{" then
    local object = {}
    return object, decode_list(text, at + 1, "}", function(from)
      local key, colon = decode(text, from)
      local value, after = decode(text, text:match("^%s*:()", colon))
      object[key] = value
      return after
    end)
  elseif first == "[" then
    local list = {}
    return list, decode_list(text, at + 1, "]", function(from)
      local value, after = decode(text, from)
      list[#list + 1] = value
      return after
    end)
  elseif first == '"' then
    local from, stop = at + 1, at + 1
    while true do
      stop = text:find('["\\]', stop)
      if text:sub(stop, stop) == '"' then break end
      stop = stop + 2
    end
    local plain = text:sub(from, stop - 1):gsub("\\(.)(%x?%x?%x?%x?)", function(c, hex)
      if c == "u" then return utf8.char(tonumber(hex, 16)) end
      return ({ n = "\n", t = "\t" })[c] and ({ n = "\n", t = "\t" })[c] .. hex or c .. hex
    end)
    return plain, stop + 1
  end
  local word, after = text:match("^([%w.+-]+)()", at)
  if word == "true" then return true, after elseif word == "false" then return false, after end
  return math.tointeger(tonumber(word)) or tonumber(word), after
end

local pick = random(7)
local people = {}
for i = 1, 3000 do
  people[i] = {
    id = i, name = ("Person \"%s\" %d\n"):format(words[pick(#words)], i), score = pick(1000000) / 1024,
    tags = { words[pick(#words)], words[pick(#words)] }, active = pick(2) == 1, address = { street = "a\tb\1", zip = pick(99999) },
  }
end
local text = encode(people)
local again = encode((decode(text)))
print(#text, checksum(text), again == text)

-- Queens -------------------------------------------------------------------------------------------------------------
heading "queens"
local function queens(size)
  local function place(columns, left, right, full)
    if columns == full then return 1 end
    local free, found = full & ~(columns | left | right), 0
    while free ~= 0 do
      local bit = free & -free
      free = free ~ bit
      found = found + place(columns | bit, (left | bit) << 1, (right | bit) >> 1, full)
    end
    return found
  end
  return place(0, 0, 0, (1 << size) - 1)
end
for size = 4, 9 do io.write(size, ": ", queens(size), size < 9 and ", " or "\n") end

-- Strings and numbers -----------------------------------------------------------------------------------------------
heading "formats"
local parts = {}
for i = 1, 20000 do
  parts[i] = ("%5d|%-8s|%08.3f|%x|%g|%e|%q|%5.1f%%"):format(i, "s" .. i, i / 7, i * 31, i / 3, i * 1e-9, "q\n" .. i, i % 100)
end
local joined = table.concat(parts, "\n")
print(#joined, checksum(joined:sub(1, 200000)))
print(parts[1], parts[777])
print(1e15, 1e100, -0.0, 1 / 3, 2 ^ 53, 100 // 7, -7 % 3, 7.5 // 2, math.pi, 0x.8p1, math.huge, -math.huge)
print(tostring(3) == "3", tostring(3.0), 10 / 2, math.maxinteger, math.mininteger, ("%a"):format(0.1))
print(("%.3f %.10g %.0f %5.2e %+d %o"):format(2 / 3, 2 / 3, 2.5, 12345.678, 42, 511))
print(tonumber "0x1p4", tonumber "  12e2 ", tonumber "1e", tonumber("zz", 36), ("10" + 5) * "2", ("x"):rep(3, "-"))
print(("hello world from Lua"):gsub("(%w+) (%w+)", "%2 %1"))
print(("key = value"):match "^(%w+)%s*=%s*(%w+)$", ("%d"):rep(3, ","):format(1, 2, 3), ("abc"):reverse():upper())
print(string.unpack("<i4 z B", string.pack("<i4 z B", -123456, "text", 200)))
print(utf8.len "größer", utf8.char(228, 8364, 128512), #utf8.char(128512))
print(math.sin(1), math.cos(1), math.exp(1), math.log(10), math.sqrt(2), math.fmod(7, 3), math.log(8, 2), math.atan(1, 2))
print(os.date("!%Y-%m-%d %H:%M:%S", 1234567890), os.time { year = 2000, month = 1, day = 1, hour = 12 } ~= nil)

-- Tables, closures, coroutines, errors -------------------------------------------------------------------------------
heading "language"
local numbers = {}
for i = 1, 60000 do numbers[i] = pick(1000000) end
table.sort(numbers)
local ordered = true
for i = 2, #numbers do ordered = ordered and numbers[i - 1] <= numbers[i] end
print(ordered, numbers[1], numbers[30000], numbers[#numbers])

local Vector = {}
Vector.__index = Vector
Vector.__add = function(a, b) return setmetatable({ x = a.x + b.x, y = a.y + b.y }, Vector) end
Vector.__tostring = function(v) return ("(%g, %g)"):format(v.x, v.y) end
local sum = setmetatable({ x = 0, y = 0 }, Vector)
for i = 1, 100000 do sum = sum + setmetatable({ x = i, y = 1 / i }, Vector) end
print(tostring(sum))

local function permutations(list, count)
  count = count or #list
  if count <= 1 then coroutine.yield(list) return end
  for i = 1, count do
    list[count], list[i] = list[i], list[count]
    permutations(list, count - 1)
    list[count], list[i] = list[i], list[count]
  end
end
local made, last = 0, nil
for list in coroutine.wrap(function() permutations { "d", "a", "c", "a", "p", "o", "!" } end) do
  made, last = made + 1, table.concat(list)
end
print(made, last)

local caught = 0
for i = 1, 20000 do
  local fine, problem = pcall(function() if i % 3 == 0 then error { code = i } end return i end)
  if not fine then caught = caught + problem.code end
end
print(caught, select("#", pcall(error)), (select(2, pcall(function() local nothing; return nothing.field end))):match ":%d+: (.*)")
collectgarbage()
print(collectgarbage "count" < 64 * 1024)
