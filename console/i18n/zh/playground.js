// `playground` 页面的文本，键以 `playground.` 开头。
export default {
  'playground.title': '试听',
  'playground.lead': '听听许可证能解锁什么。一切都在此页面内完成：声音、许可证和检查都不会发送到任何地方。',
};
