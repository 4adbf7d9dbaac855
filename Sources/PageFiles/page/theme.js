// Light or dark: as the system says, unless the reader said otherwise.
const slot = 'reckon.theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

export function isDark() {
  const chosen = localStorage.getItem(slot);
  return chosen ? chosen === 'dark' : dark.matches;
}
export function applyTheme() { document.documentElement.dataset.theme = isDark() ? 'dark' : 'light'; }
export function toggleTheme() {
  const next = isDark() ? 'light' : 'dark';
  if ((next === 'dark') === dark.matches) localStorage.removeItem(slot); else localStorage.setItem(slot, next);
  applyTheme();
}
dark.addEventListener('change', applyTheme);
