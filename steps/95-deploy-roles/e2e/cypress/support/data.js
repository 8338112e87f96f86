// What the tests type. No two runs use the same, so that nothing need be deleted between them.

export const IMPLEMENTATIONS = ["fbv", "cbv"];

const unique = () => `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`;

export const newText = (about) => `${about} ${unique()}`;
export const newUser = () => ({
  email: `e2e-${unique()}@mublog.example`,
  password: `correct horse ${unique()}`,
});
