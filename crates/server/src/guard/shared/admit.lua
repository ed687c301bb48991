-- Decides on requests of any number of apps, each app's in their order: look up, charge, insert
-- (docs/PROTOCOL.md §5). Every reading comes before the first write, and both are one command a key: what
-- is paid for each request is little more than its own lines here.
-- KEYS[1], KEYS[2]: the rates, an app's a field; they take turns, LAP seconds each. KEYS[3…]: signatures,
-- each with the node that accepted it, by their Timestamps. One hash tag for all of them.
-- ARGV[1]: seconds to keep signatures. ARGV[2]: LAP. ARGV[3]: this node. ARGV[4]: the terms that occur, as
-- interval, burst, 1 if a repeat is answered again, 1 if it was perhaps decided before and the answer lost.
-- ARGV[5]: how many signatures are looked for in each of KEYS[3…], a byte each. ARGV[6]: the requests, four
-- bytes each: which of KEYS[3…], which signature, which rate, which terms. ARGV[7…]: the signatures in the
-- order of their keys, then the rates' names; none twice.
-- Answers with a letter each: A accepted, B again, R repeated, L over the rate.
-- Times count in tenths of a microsecond since 2023-11-14: whole numbers that a double holds.
local byte, call, pack, unpacked = string.byte, redis.call, struct.pack, struct.unpack
local keep, span, node, terms, counts, asks = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local time = redis.call('TIME')
local second = tonumber(time[1])
local now = (second - 1700000000) * 10000000 + time[2] * 10
local lap = math.floor(second / span)
local this, last = KEYS[1 + lap % 2], KEYS[2 - lap % 2]

local held, signatures = nil, 0
for part = 1, #counts do
  local count = byte(counts, part)
  local found = call('HMGET', KEYS[2 + part], unpack(ARGV, 7 + signatures, 6 + signatures + count))
  if held then
    for i = 1, count do held[signatures + i] = found[i] end
  else
    held = found
  end
  signatures = signatures + count
end

local intervals, bursts, repeatable, retried, longest = {}, {}, {}, {}, 0
for i = 1, #terms / 10 do
  local interval, burst, again, before = unpacked('>I4I4BB', terms, 10 * i - 9)
  intervals[i], bursts[i], repeatable[i], retried[i] = interval, interval * burst, again == 1, before == 1
  longest = math.max(longest, bursts[i])
end

-- What was used of a rate in the last lap counts for as long as a burst may.
local rates = 6 + signatures
local arrivals = call('HMGET', this, unpack(ARGV, rates + 1))
local older = now - (lap * span - 1700000000) * 10000000 < longest
older = older and call('HMGET', last, unpack(ARGV, rates + 1)) or {}
for i = 1, #arrivals do
  local used = arrivals[i] and unpacked('>d', arrivals[i]) or 0
  if older[i] then used = math.max(used, (unpacked('>d', older[i]))) end
  arrivals[i] = used
end

-- Lists that are made in their whole length do not grow bit by bit.
local answers, lists, sizes, changed = { unpack(ARGV, 1, #asks / 4) }, {}, {}, false
for part = 1, #counts do
  lists[part], sizes[part] = { unpack(ARGV, 1, 2 * byte(counts, part)) }, 0
end
for i = 1, #asks / 4 do
  local part, signature, rate, term = byte(asks, 4 * i - 3, 4 * i)
  local arrival, full, known = arrivals[rate], now + bursts[term], held[signature]
  -- A debt of over a full burst is left from a slower rate, or another machine's clock: it is cut.
  if arrival > full then
    arrival, arrivals[rate], changed = full, full, true
  elseif arrival < now then
    arrival = now
  end
  local after, answer = arrival + intervals[term], 'L'
  if retried[term] and known == node then
    answer = 'A'
  elseif known and not repeatable[term] then
    answer = 'R'
  elseif after <= full then
    answer, arrivals[rate], changed = 'B', after, true
    if not known then
      local list, size = lists[part], sizes[part]
      answer, held[signature], sizes[part] = 'A', node, size + 2
      list[size + 1], list[size + 2] = ARGV[6 + signature], node
    end
  end
  answers[i] = answer
end

for part = 1, #counts do
  if sizes[part] > 0 then
    call('HSET', KEYS[2 + part], unpack(lists[part], 1, sizes[part]))
    call('EXPIRE', KEYS[2 + part], keep, 'NX')
  end
end
if changed then
  local list = { unpack(ARGV, 1, 2 * #arrivals) }
  for i = 1, #arrivals do
    list[2 * i - 1], list[2 * i] = ARGV[rates + i], pack('>d', arrivals[i])
  end
  call('HSET', this, unpack(list, 1, 2 * #arrivals))
  call('EXPIREAT', this, (lap + 2) * span)
end
return table.concat(answers)
