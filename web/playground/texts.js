const ru = {
  title: 'Песочница GraphQL',
  schema: 'Схема',
  dev: 'Стенд разработчика',
  open: 'Вы вошли',
  none: 'Вы не вошли',
  unknown: 'Состояние сеанса неизвестно',
  login: 'Войти',
};

const en = {
  title: 'GraphQL playground',
  schema: 'Schema',
  dev: 'Developer home',
  open: 'Signed in',
  none: 'Not signed in',
  unknown: 'Session state unknown',
  login: 'Sign in',
};

/**
 * Texts of the bar in the reader's language; Russian unless they read English.
 *
 * @param {string} language a BCP 47 tag
 */
export function texts(language) {
  return /^en\b/i.test(language) ? en : ru;
}
