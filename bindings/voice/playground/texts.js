// What the playground says, in both languages. The module's own sentences are English; in Chinese they are found by their
// names.

/** @typedef {'en' | 'zh'} Language */

const en = {
  title: 'Playground',
  lead: 'Hear what a licence unlocks. Everything happens in this page: the sound, the licence and the check are never sent anywhere.',
  sound: 'Sound', speech: 'Speech', steady: 'Speech in hum and hiss', babble: 'Speech among talkers', own: 'Your recording',
  record: 'Record yourself', record_stop: 'Stop recording', record_hint: '48 kHz, at most 30 seconds; it stays in this page.',
  recording: 'Recording…', record_denied: 'The microphone was not allowed. Allow it for this page in your browser’s settings, then try again; or choose a sample.',
  record_none: 'No microphone was found. Connect one, then try again; or choose a sample.',
  record_failed: 'The microphone cannot be used: {why}. Close other programs that use it, then try again; or choose a sample.',
  no_sound_out: 'The browser has not begun to play. Connect a loudspeaker or headphones, allow sound for this page, then try again.',
  play: 'Play', stop: 'Stop', listen: 'Listen to', before: 'Before', after: 'After',
  effects: 'Effects', ans: 'Noise suppression', agc: 'Gain control', mode: 'Mode',
  soft: 'Soft', medium: 'Medium', aggressive: 'Aggressive', ai: 'AI', ai_balanced: 'AI, balanced',
  next_recording: 'A change counts from the next recording on, so playing begins a new one at the same place.',
  code: 'Code {code}', locked: 'Locked', off: 'Off', on: 'On', runs: 'Runs', untouched: 'Audio passes untouched',
  picture_before: 'Before: loudness over time, and below it pitch from 0 to 12 kHz', picture_after: 'After: the same, as it comes out',
  license: 'Licence', license_choose: 'Samples',
  l_none: 'None', l_full: 'All features', l_no_ai: 'Without the AI modes', l_grace: 'With hours of grace',
  l_expired: 'Expired', l_forged: 'Forged', l_own: 'Your own licence',
  sample_hint: 'The samples are of the test issuer and were valid in November 2025, so they take this page’s clock there.',
  own_title: 'Your own licence', own_text: 'Licence text', own_pins: 'Pins', own_issuer: 'Issuer', own_environment: 'Environment', own_use: 'Use this licence',
  own_pins_hint: 'Two keys with a comma between them, as `tonegate key pins` prints them.',
  own_refused: 'This cannot be checked: {why}.',
  production: 'Production', test: 'Test',
  verdict: 'Verdict', valid: 'Valid', not_yet_valid: 'Not yet valid', expired: 'Expired', refused: 'Refused',
  ends: 'Ends', ended_at: 'Ended', in_grace: '{left} left', policy_bypass: 'afterwards audio passes untouched', policy_stop: 'afterwards the recording stops', policy_grace: 'afterwards a grace of at most {hours} h, here until {until}',
  answer_run: 'runs', answer_grace: 'runs in its grace', answer_bypass: 'does not run, audio passes untouched', answer_stop: 'does not run, the recording stops',
  features: 'What it has', unproven: 'Not proven',
  time: 'Time travel', time_hint: 'Drag the clock past the end while it plays.', moment: 'The page’s clock', utc: '{when} UTC',
  go_life: 'In its life', go_before: '3 s before it ends', go_after: 'Just past its end', go_late: 'After any grace', go_now: 'Now',
  no_time: 'A licence that is not authentic has no life to travel through.',
  ended: 'The licence has ended this recording, as it says. What was recorded until then is kept.',
  playing: 'Playing.', stopped: 'Stopped.', unusable: 'This browser cannot play it: {why}.',
  language: 'Language', hours: '{n} h', minutes: '{n} min', seconds: '{n} s',
};

/** @type {typeof en} */
const zh = {
  title: '试听',
  lead: '听听许可证能解锁什么。一切都在此页面内完成：声音、许可证和检查都不会发送到任何地方。',
  sound: '声音', speech: '语音', steady: '带嗡声和嘶声的语音', babble: '多人说话中的语音', own: '你的录音',
  record: '录一段自己的声音', record_stop: '停止录音', record_hint: '48 kHz，最长 30 秒；只留在此页面内。',
  recording: '正在录音……', record_denied: '没有获得麦克风权限。请在浏览器设置中允许此页面使用，然后重试；或者选择一个示例。',
  record_none: '没有找到麦克风。请连接后重试；或者选择一个示例。',
  record_failed: '无法使用麦克风：{why}。请关闭正在使用它的其他程序后重试；或者选择一个示例。',
  no_sound_out: '浏览器没有开始播放。请连接扬声器或耳机，并允许此页面播放声音，然后重试。',
  play: '播放', stop: '停止', listen: '收听', before: '处理前', after: '处理后',
  effects: '效果', ans: '降噪', agc: '自动增益', mode: '模式',
  soft: '轻度', medium: '中度', aggressive: '强力', ai: 'AI', ai_balanced: 'AI 均衡',
  next_recording: '更改从下一次录音起生效，因此播放时会在同一位置重新开始一次录音。',
  code: '代码 {code}', locked: '已锁定', off: '关闭', on: '开启', runs: '正在运行', untouched: '音频原样通过',
  picture_before: '处理前：上为响度随时间的变化，下为 0 至 12 kHz 的频谱', picture_after: '处理后：同上，为输出的声音',
  license: '许可证', license_choose: '示例',
  l_none: '无', l_full: '全部功能', l_no_ai: '不含 AI 模式', l_grace: '有数小时宽限期',
  l_expired: '已过期', l_forged: '伪造的', l_own: '你自己的许可证',
  sample_hint: '示例来自测试签发方，在 2025 年 11 月有效，因此会把此页面的时钟调到那时。',
  own_title: '你自己的许可证', own_text: '许可证文本', own_pins: '公钥', own_issuer: '签发方', own_environment: '环境', own_use: '使用此许可证',
  own_pins_hint: '两个公钥，以逗号分隔，如 `tonegate key pins` 所输出。',
  own_refused: '无法检查：{why}。',
  production: '生产', test: '测试',
  verdict: '结论', valid: '有效', not_yet_valid: '尚未生效', expired: '已过期', refused: '被拒绝',
  ends: '到期', ended_at: '已于此时到期', in_grace: '还剩 {left}', policy_bypass: '之后音频原样通过', policy_stop: '之后录音停止', policy_grace: '之后最多 {hours} 小时宽限，在此设备上到 {until}',
  answer_run: '运行', answer_grace: '在宽限期内运行', answer_bypass: '不运行，音频原样通过', answer_stop: '不运行，录音停止',
  features: '所含功能', unproven: '未经证实',
  time: '时间旅行', time_hint: '播放时把时钟拖过到期时刻。', moment: '此页面的时钟', utc: '{when} UTC',
  go_life: '有效期内', go_before: '到期前 3 秒', go_after: '刚过到期', go_late: '宽限期之后', go_now: '现在',
  no_time: '未经证实的许可证没有可以穿越的有效期。',
  ended: '许可证按其规定结束了这次录音。此前录下的内容已保留。',
  playing: '正在播放。', stopped: '已停止。', unusable: '此浏览器无法播放：{why}。',
  language: '语言', hours: '{n} 小时', minutes: '{n} 分钟', seconds: '{n} 秒',
};

const REFUSED = '请让签发方提供此应用的许可证，并检查公钥、签发方和环境。';
/** Reasons in Chinese: what was found, and what to do about it. @type {Record<string, [string, string]>} */
const REASONS = {
  empty: ['没有许可证', '请向你的后端获取许可证并传给 init。'],
  too_long: ['文本比任何许可证都长', '请原样传入许可证文本。'],
  not_a_license: ['这不是许可证', '请原样传入许可证文本，不要添加或删去任何字符。'],
  certificate: ['密钥证书不可信', REFUSED], root: ['许可证不是由所固定的公钥认证的', REFUSED], chain: ['密钥与证书不符', REFUSED],
  issuer: ['许可证来自另一签发方', REFUSED], root_superseded: ['此公钥已被备用公钥取代', '请获取新的许可证。'], floor: ['签发密钥已被撤销', '请获取新的许可证。'],
  signature: ['签名不符：文本被改动或是伪造的', '请重新获取许可证，并原样传入。'], claims: ['许可证的内容无法读取', '请更新应用，或重新获取许可证。'],
  environment: ['许可证用于另一环境', REFUSED], app: ['许可证属于另一应用', REFUSED], identity: ['许可证绑定到另一应用身份', REFUSED],
  not_yet_valid: ['许可证尚未生效', '请检查设备的时钟，或等到它生效。'], expired: ['许可证已过期', '请获取新的许可证。'],
  certificate_expired: ['密钥证书已过期', '请获取新的许可证。'], feature_missing: ['许可证不含此功能', '请让签发方把此功能加入应用的许可证。'],
};
const VALID = ['许可证有效', '无需任何操作。'];

/** What speaks a language. @param {Language} language */
export function speaker(language) {
  const texts = language === 'zh' ? zh : en;
  const t = (/** @type {keyof typeof en} */ key, /** @type {Record<string, string | number>} */ values = {}) =>
    texts[key].replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
  return {
    t,
    /** A verdict's or an error's own words. @param {{reason: string | null, message: string, nextStep: string}} found */
    words: ({ reason, message, nextStep }) => {
      if (language === 'en') return [sentence(message), nextStep];
      return (reason === null ? VALID : REASONS[reason] ?? [message, nextStep]).map((text) => (text.endsWith('。') ? text : `${text}。`));
    },
    /** A moment in UTC. @param {number} at */
    when: (at) => t('utc', { when: new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' }).format(at * 1_000) }),
    /** A span in its largest unit. @param {number} seconds */
    span: (seconds) => (seconds >= 7_200 ? t('hours', { n: Math.floor(seconds / 3_600) }) : seconds >= 120 ? t('minutes', { n: Math.floor(seconds / 60) }) : t('seconds', { n: seconds })),
  };
}

/** @typedef {ReturnType<typeof speaker>} Speaker */

/** @param {string} words */
const sentence = (words) => `${words.charAt(0).toUpperCase()}${words.slice(1)}${words.endsWith('.') ? '' : '.'}`;
