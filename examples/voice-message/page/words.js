// What the page says, in the visitor's language.

const en = {
  title: 'Voice messages', empty: 'No messages yet. Send a sample, or record one. A second tab is the other side.',
  suppression: 'Noise suppression', off: 'Off', mode0: 'Soft', mode1: 'Medium', mode2: 'Aggressive', mode3: 'AI', mode4: 'AI, balanced',
  gain: 'Gain control', sample: 'Sample', steady: 'Speech in hum and hiss', babble: 'Speech among talkers', speech: 'Speech alone',
  send: 'Send', record: 'Record', recording: 'Stop and send', messages: 'Messages',
  play: 'Play', pause: 'Pause', playRecording: 'Play as recorded', pauseRecording: 'Pause as recorded', asRecorded: 'as recorded',
  mine: 'You', theirs: 'The other side', wave: 'Loudness over time',
  cleaned: 'Cleaned', plain: 'Sent as recorded', listSeparator: ', ',
  asking: 'Asking for a licence …', licensed: 'Licensed until', unlicensed: 'Messages go out as recorded',
  81: 'there is no licence that this app can trust', 82: 'the licence has expired', 83: 'the licence does not include it',
  refused: (what, code, why) => `${what} does not run: ${code}, ${why}.`,
  operator: 'Operator', issuer: 'Issuer', relay: 'Relay', running: 'running', stopped: 'stopped', stop: 'Stop', start: 'Start',
  reinstall: 'Reinstall the app', reinstallWhat: 'forgets its licence, as a new device.',
  noMicrophone: 'The microphone cannot be used', noBackend: 'The backend does not answer. Is it still running?', notSent: 'The message was not sent', notDone: 'That did not work',
};

/** @type {typeof en} */
const zh = {
  title: '语音消息', empty: '还没有消息。发送一段样音，或录制一段。另一个标签页就是对方。',
  suppression: '降噪', off: '关闭', mode0: '轻度', mode1: '中度', mode2: '强力', mode3: 'AI', mode4: 'AI 均衡',
  gain: '自动增益', sample: '样音', steady: '嗡声与嘶声中的语音', babble: '人声嘈杂中的语音', speech: '纯净语音',
  send: '发送', record: '录音', recording: '停止并发送', messages: '消息',
  play: '播放', pause: '暂停', playRecording: '播放原录音', pauseRecording: '暂停原录音', asRecorded: '原录音',
  mine: '我', theirs: '对方', wave: '响度随时间的变化',
  cleaned: '已处理', plain: '按原录音发送', listSeparator: '、',
  asking: '正在获取许可证……', licensed: '许可证有效期至', unlicensed: '消息按原录音发送',
  81: '没有此应用可信任的许可证', 82: '许可证已过期', 83: '许可证不包含此功能',
  refused: (what, code, why) => `${what}未运行：${code}，${why}。`,
  operator: '运维', issuer: '签发服务', relay: '中继', running: '运行中', stopped: '已停止', stop: '停止', start: '启动',
  reinstall: '重装应用', reinstallWhat: '忘记许可证，如同一台新设备。',
  noMicrophone: '无法使用麦克风', noBackend: '后端没有应答。它还在运行吗？', notSent: '消息未发送', notDone: '操作失败',
};

export const isChinese = navigator.language.startsWith('zh');
export const words = isChinese ? zh : en;

/** Fills in what index.html names. */
export function fillIn() {
  document.documentElement.lang = isChinese ? 'zh-Hans' : 'en';
  document.title = words.title;
  for (const element of document.querySelectorAll('[data-word]')) element.textContent = words[element.dataset.word];
}
