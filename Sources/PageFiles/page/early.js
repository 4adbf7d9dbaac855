// Before anything is painted: light or dark (theme.js has the rest).
document.documentElement.dataset.theme = localStorage.getItem('reckon.theme') ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
