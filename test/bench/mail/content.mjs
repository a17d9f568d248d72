// What is sent: a message of about 31 KB, as a compiled incident mail is, with its slots.
const paragraph =
  '<p style="margin:0 0 16px;font-family:Helvetica,Arial,sans-serif;font-size:16px;line-height:24px;color:#1f2430">Some card payments are declined. We have found the cause – a queue that filled up – and are emptying it. You do not have to do anything; declined payments can be tried again.</p>\n';
const words =
  'Some card payments are declined. We have found the cause, a queue that filled up, and are emptying it.\n\n';

export const content = {
  subject: '[Acme status] Elevated error rates on Payments API',
  html: `<!doctype html><html lang="en"><head><title>Acme</title></head><body>${paragraph.repeat(76)}<p><a href="{{unsubscribe_url}}">Unsubscribe</a> <a href="{{manage_url}}">Manage</a></p></body></html>`,
  plain: `${words.repeat(38)}Unsubscribe: {{unsubscribe_url}}\nManage: {{manage_url}}\n`,
};
