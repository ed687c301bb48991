-- Decides on requests of one app in their order: look up, charge, insert (docs/PROTOCOL.md §5).
-- KEYS[1]: what was used of its rate. KEYS[2…]: signatures, each with the node that accepted it, by the
-- minute of their Timestamp; one hash tag for all of them.
-- ARGV: interval and burst of the rate, seconds to keep a minute, this node, 1 if a repeat is answered
-- again, 1 if this was perhaps decided before and the answer lost; then for each request a byte that says
-- which of the minutes is its, all in one string; then the signatures.
-- Answers with a letter each: A accepted, B again, R repeated, L over the rate.
-- Times count in tenths of a microsecond since 2023-11-14: whole numbers that a double holds.
local rate, time = KEYS[1], redis.call('TIME')
local interval, burst, keep, node = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4]
local repeatable, retried, minutes = ARGV[5] == '1', ARGV[6] == '1', ARGV[7]
local now = (time[1] - 1700000000) * 10000000 + time[2] * 10
local full = now + interval * burst
local before = tonumber(redis.call('GET', rate) or nil) or 0
-- A debt of over a full burst is left from a slower rate, or another machine's clock: it is cut.
local arrival = math.min(before, full)
local answers, grown = {}, {}
for i = 1, #minutes do
  local minute, signature = KEYS[1 + string.byte(minutes, i)], ARGV[7 + i]
  local after = math.max(arrival, now) + interval
  local answer
  if retried and redis.call('HGET', minute, signature) == node then
    answer = 'A'
  elseif after <= full then
    if redis.call('HSETNX', minute, signature, node) == 1 then
      answer, grown[minute] = 'A', true
    else
      answer = repeatable and 'B' or 'R'
    end
    if answer ~= 'R' then arrival = after end
  elseif not repeatable and redis.call('HEXISTS', minute, signature) == 1 then
    answer = 'R'
  else
    answer = 'L'
  end
  answers[i] = answer
end
for minute in pairs(grown) do redis.call('EXPIRE', minute, keep, 'NX') end
if arrival ~= before then
  local rest = math.ceil(math.max(arrival - now, 0) / 10000) + 1000
  redis.call('SET', rate, string.format('%.0f', arrival), 'PX', rest)
end
return table.concat(answers)
