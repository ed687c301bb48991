// Everything that a page is built from, under one name.
export { PageHeader, Card, Stat, Facts, Badge, EmptyState, Notice, ErrorBox, Spinner, Skeleton, Tabs, Menu, PageFault } from './page.js';
export { Field, TextField, NumberField, TextArea, Select, Checkbox, ListField, DateField, DurationField, Button, Form, useId } from './form.js';
export { Dialog, DialogActions, Confirm, ConfirmByName, StepUp } from './dialog.js';
export { CopyButton, CodeBlock, SecretField, download } from './secret.js';
export { toast, Toasts } from './toast.js';
export { Time, Duration } from './time.js';
export { DataTable } from './table.js';
export { LineChart, Sparkline, onOneAxis } from './chart.js';
